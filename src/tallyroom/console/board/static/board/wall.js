// The wall looks again by itself; where the server does not answer it keeps what it shows, and tries again.
const seconds = Number(document.currentScript.dataset.seconds);
setInterval(async () => {
  try {
    const answer = await fetch(location.href, { redirect: "error" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
  } catch {
    // the next look may succeed
  }
}, seconds * 1000);

// The service worker of the page without a network: it keeps the page and its files, and nothing else.
// With the network the newest page is shown; what is entered, and what the desk knows, the page itself keeps.

const SHELF = "tallyroom-offline-1";
const PAGE = "/console/offline/";
const FILES = [
  "/console/static/console/console.css",
  "/console/static/offline/offline.css",
  "/console/static/offline/offline.js",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll([PAGE, ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("tallyroom-offline-") && name !== SHELF;
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

async function newest(request, path) {
  const shelf = await caches.open(SHELF);
  try {
    const answer = await fetch(request);
    // A page to sign in on is not the page, and a fault is not worth keeping.
    if (answer.ok && !answer.redirected) await shelf.put(path, answer.clone());
    if (answer.status < 500) return answer;
    return (await shelf.match(path)) ?? answer;
  } catch {
    return (await shelf.match(path)) ?? Response.error();
  }
}

self.addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname === PAGE || FILES.includes(pathname)) event.respondWith(newest(event.request, pathname));
});

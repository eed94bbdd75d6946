"""The console in a real browser: a passkey is set up and signs in, no page scrolls sideways, axe-core finds nothing."""

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.console.serving import LINE, Serving

CHROMIUM = shutil.which("chromium")  # ./run test installs it
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PASSWORD = "four plain words together"
SECOND_FACTOR = "/console/accounts/second-factor/"
PAGES = (
    *("/console/", "/console/accounts/people/", "/console/accounts/people/add/", "/console/accounts/people/1/"),
    *("/console/accounts/trail/", "/console/accounts/sessions/", "/console/accounts/password/", "/console/nothing"),
    *(SECOND_FACTOR, f"{SECOND_FACTOR}webauthn/", f"{SECOND_FACTOR}webauthn/add/", f"{SECOND_FACTOR}totp/activate/"),
    f"{SECOND_FACTOR}recovery-codes/",
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


def with_authenticator(page: Page) -> Page:
    """The page in a browser that has a device with a fingerprint, which always says yes."""
    device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**device, "isUserVerified": True}})
    return page


def submit(page: Page, **fields: str) -> None:
    """Fill in the first form of the page by the names of its fields, and send it."""
    for name, value in fields.items():
        page.fill(f"main [name={name}]", value)
    page.click("main form button >> nth=0")


def findings(page: Page) -> list[str]:
    return [
        f"{page.url}: {found['id']} {found['nodes'][0]['html']}" for found in Axe().run(page).response["violations"]
    ]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the browser sees no difference
def test_an_administrator_comes_in_by_link_and_comes_back_by_passkey(chromium: Browser, serving: Serving) -> None:
    page = with_authenticator(chromium.new_page(viewport={"width": 360, "height": 740}))
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    link = LINE.search("".join(serving.lines))
    assert link is not None
    page.goto(link.group(0))
    problems += findings(page)
    submit(page, new_password1=PASSWORD, new_password2=PASSWORD)
    problems += findings(page)
    submit(page, login="administrator", password=PASSWORD)
    assert page.url.endswith(SECOND_FACTOR)
    page.click(f"a[href='{SECOND_FACTOR}webauthn/add/']")
    submit(page, password=PASSWORD)
    page.check("[name=passwordless]")
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/recovery-codes/")
    top = f"http://localhost:{serving.port}"
    for path in PAGES:
        page.goto(top + path)
        problems += findings(page)
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            problems.append(f"{path} scrolls sideways")
    page.goto(f"{top}/console/")
    page.click("header button:has-text('Sign out')")
    page.wait_for_url("**/login/")
    page.click("#passkey_login")
    page.wait_for_url(f"{top}/console/")
    assert page.inner_text("h1") == "What waits for you"
    assert problems == []

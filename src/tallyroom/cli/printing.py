"""Printing an HTML page to PDF with a browser that is on the machine."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from tallyroom.cli.say import refuse

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LONGEST = 120


def pdf(html: str) -> bytes:
    """The page as PDF.  Raises BadInput where no browser is found or it fails."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        refuse("--report", "no browser that prints PDF was found", "Install chromium, or write HTML and print that")
    with tempfile.TemporaryDirectory() as folder:
        page, printed = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(html, encoding="utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-pdf-header-footer",
            f"--user-data-dir={folder}/browser",
        ]
        try:
            command = [str(browser), *options, f"--print-to-pdf={printed}", page.as_uri()]
            subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)
        except subprocess.TimeoutExpired:
            printed.unlink(missing_ok=True)
        if not printed.exists():
            refuse("--report", f"{browser} printed no PDF", "Write HTML, and print that")
        return printed.read_bytes()

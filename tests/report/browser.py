"""A page in a real browser without a window: what it makes of the page, after whatever a script did there."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_browser = pytest.mark.skipif(not CHROMIUM, reason="no chromium on this machine")

# what goes wrong is kept from the first line on; the answer is told at the end, as text of the page
BEFORE = """<script>
const wrong = [];
addEventListener("error", event => wrong.push(String(event.message)), true);
addEventListener("securitypolicyviolation", event => wrong.push("wants " + event.blockedURI));
</script>"""
AFTER = """<pre id="answer"></pre><script>
setTimeout(async () => {
  const answer = await (async () => { %s })();
  const asked = performance.getEntriesByType("resource").map(one => one.name.slice(0, 80));
  document.getElementById("answer").textContent = JSON.stringify({answer, wrong, asked});
}, 100);
</script>"""


def asked(page: Path, script: str, width: int = 1200) -> Any:
    """What the script returns; nothing may have gone wrong, and nothing asked of a network."""
    text = page.read_text(encoding="utf-8")
    own = page.with_name(f"{page.stem}-asked.html")
    own.write_text(
        text.replace("<title>", BEFORE + "<title>", 1).replace("</body>", AFTER % script + "</body>")
    )
    command = [
        *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"),
        *(
            f"--window-size={width},900",
            f"--user-data-dir={page.parent / 'browser'}",
            "--virtual-time-budget=2000",
        ),
        *("--dump-dom", own.resolve().as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = re.search(r'<pre id="answer">(.+?)</pre>', done.stdout, re.S)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    said = json.loads(unescape(found[1]))
    assert said["wrong"] == [] and said["asked"] == []
    return said["answer"]

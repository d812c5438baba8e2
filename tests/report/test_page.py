"""The frame: which scripts run, and that nothing of a run's is one."""

import base64
import hashlib
import re
import shutil
import subprocess
from importlib.resources import files

import pytest

from nas.report.page import page


def test_the_policy_lets_these_scripts_run_and_no_other() -> None:
    html = page("run", ["<section>one</section>", ""])
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    scripts = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts}
    assert set(rules["script-src"].split()) == hashes and len(hashes) == 2
    assert rules["default-src"] == "'none'" and "unsafe-eval" not in policy
    assert html.count("<script") == 2 and "src=" not in re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert html.index("plotly.js (basic - minified)") < html.index("Draws the page's charts")


def test_no_script_has_what_would_end_it_or_needs_eval() -> None:
    for name in ("vendor/plotly-basic.min.js", "report.js"):
        text = files("nas.report").joinpath(name).read_text(encoding="utf-8")
        assert "</script" not in text.lower() and "<!--" not in text and "\r" not in text
        assert "new Function(" not in text and not re.search(r"\beval\(", text)
    ours = files("nas.report").joinpath("report.js").read_text(encoding="utf-8")
    assert "innerHTML" not in ours and "http" not in ours
    assert "MIT" in files("nas.report").joinpath("vendor/plotly-LICENSE").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_our_script_can_be_parsed() -> None:
    subprocess.run(["node", "--check", str(files("nas.report").joinpath("report.js"))], check=True)


def test_names_facts_and_notes_are_text() -> None:
    evil = '"><script>alert(1)</script>'
    html = page(evil, [], {evil: evil}, ["warning: 3 < 4 trials", evil])
    assert html.count("<script") == 2 and "alert(1)&lt;/script&gt;" in html
    assert "<p>warning: 3 &lt; 4 trials</p>" in html
    assert html.endswith("</html>\n")

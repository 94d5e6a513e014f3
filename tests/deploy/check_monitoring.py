#!/usr/bin/env python3
"""Holds alerts, dashboard and runbook to the metrics that the programs export, and to each other.

    check_monitoring.py REPOSITORY

Exits 77 without python3-yaml. What the alerts' expressions mean is tested by promtool:
check_alerts.sh.
"""

import json
import pathlib
import re
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

METRIC = re.compile(r"\blastmeter_[a-z_]+")
RUNBOOK = "file:///usr/share/doc/lastmeter/RUNBOOK.md#"


def exported(root):
    names = set()
    for file in (root / "services").rglob("*.cc"):
        names |= set(re.findall(r'"(lastmeter_[a-z_]+)"', file.read_text(encoding="utf-8")))
    return names


def anchor(heading):
    """As GitHub makes it."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def alert_problems(root, alerts, metrics):
    headings = re.findall(r"^#+ (.+)$", (root / "deploy/RUNBOOK.md").read_text(encoding="utf-8"), re.M)
    anchors = [anchor(h) for h in headings]
    tests = (root / "tests/deploy/alerts_test.yaml").read_text(encoding="utf-8")
    names = [a["alert"] for a in alerts]
    if len(set(names)) != len(names):
        yield "two alerts share a name"
    for alert in alerts:
        name, notes = alert["alert"], alert.get("annotations", {})
        if alert.get("labels", {}).get("severity") not in ("critical", "warning"):
            yield f"{name}: severity is neither critical nor warning"
        if "for" not in alert:
            yield f"{name}: says not for how long"
        for note in ("summary", "description", "runbook_url"):
            if not notes.get(note):
                yield f"{name}: no {note}"
        if notes.get("runbook_url") != RUNBOOK + name.lower() or anchors.count(name.lower()) != 1:
            yield f"{name}: the runbook has no section of this name, or its address is wrong"
        for metric in set(METRIC.findall(alert["expr"])) - metrics:
            yield f"{name}: nothing exports {metric}"
        if not re.search(rf'alertname(:|=)\s*"?{name}\b', tests):
            yield f"{name}: tests/deploy/alerts_test.yaml never raises it"
    for heading in headings:
        if re.fullmatch(r"Lastmeter\w+", heading) and heading not in names:
            yield f"runbook: there is no alert {heading}"


def link_problems(folder):
    """Links between the pages of deploy/, and to their sections."""
    for page in folder.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, section = target.partition("#")
            other = (page.parent / path) if path else page
            if not other.exists():
                yield f"{page.relative_to(folder)}: {path} is not there"
            elif section and section not in map(anchor, re.findall(
                    r"^#+ (.+)$", other.read_text(encoding="utf-8"), re.M)):
                yield f"{page.relative_to(folder)}: no section {target}"


def dashboard_problems(dashboard, metrics):
    panels = dashboard["panels"]
    if len({p["id"] for p in panels}) != len(panels):
        yield "dashboard: two panels share an id"
    variables = {v["name"] for v in dashboard["templating"]["list"]}
    for panel in panels:
        where = f"dashboard: {panel['title']}"
        if panel["type"] == "row":
            continue
        if not panel["targets"]:
            yield f"{where}: shows nothing"
        for target in panel["targets"]:
            found = set(METRIC.findall(target["expr"]))
            if not found:
                yield f"{where}: {target['expr']} names no metric"
            for metric in found - metrics:
                yield f"{where}: nothing exports {metric}"
            for variable in re.findall(r"\$(\w+)", target["expr"]):
                if variable not in variables and not variable.startswith("__"):
                    yield f"{where}: no variable {variable}"


def main():
    root = pathlib.Path(sys.argv[1])
    metrics = exported(root)
    rules = yaml.safe_load((root / "deploy/prometheus/lastmeter.rules.yaml").read_text(encoding="utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    dashboard = json.loads((root / "deploy/grafana/lastmeter.json").read_text(encoding="utf-8"))
    problems = [*alert_problems(root, alerts, metrics), *dashboard_problems(dashboard, metrics),
                *link_problems(root / "deploy")]
    print("\n".join(problems) or
          f"{len(alerts)} alerts and {len(dashboard['panels'])} panels over {len(metrics)} metrics")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Holds the compose file to itself and to the programs: what one service names, another has.

    check_compose.py REPOSITORY

No container engine is needed. Exits 77 without python3-yaml.
"""

import pathlib
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

SERVERS = {"gateway": "lastmeter-gateway", "query": "lastmeter-query",
           "escalator-1": "lastmeter-escalator", "escalator-2": "lastmeter-escalator"}


def problems_of(compose, folder):
    services = compose["services"]
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            if other not in services:
                yield f"{name} depends on {other}, which is no service"
        for mount in service.get("volumes", []):
            if mount.split(":")[0] not in compose["volumes"]:
                yield f"{name} mounts {mount}, which is no volume"
        if "build" in service:
            context = (folder / service["build"]["context"]).resolve()
            if not (context / service["build"]["dockerfile"]).is_file():
                yield f"{name} is built from a file that is not there"
    used = {m.split(":")[0] for s in services.values() for m in s.get("volumes", [])}
    if used != set(compose["volumes"]):
        yield f"volumes {sorted(set(compose['volumes']) - used)} are mounted by nobody"
    instances, stores = set(), set()
    for name, program in SERVERS.items():
        service = services[name]
        command, environment = service["command"], service["environment"]
        if command[0] != program:
            yield f"{name} runs {command[0]}"
        port = command[command.index("--listen") + 1].split(":")[1]
        if environment["PORT"] != port:
            yield f"{name} listens on {port} and is asked on {environment['PORT']}"
        for published in service.get("ports", []):
            if not published.startswith("127.0.0.1:") or not published.endswith(f":{port}"):
                yield f"{name} publishes {published}"
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name} may do more than it needs"
        instances.add(environment["LASTMETER_INSTANCE"])
        stores.add(next(m for m in service["volumes"] if m.endswith(":/var/lib/lastmeter")))
    if len(instances) != len(SERVERS) or len(stores) != len(SERVERS):
        yield "two servers share an instance or a folder"


def main():
    folder = pathlib.Path(sys.argv[1]) / "deploy" / "compose"
    compose = yaml.safe_load((folder / "compose.yaml").read_text(encoding="utf-8"))
    problems = list(problems_of(compose, folder))
    print("\n".join(problems) or f"{len(compose['services'])} services hold together")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

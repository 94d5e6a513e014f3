#!/usr/bin/env python3
"""Holds the Kubernetes manifests to themselves: what one names, another has.

    check_kubernetes.py REPOSITORY

Renders every overlay with kubectl or kustomize. Exits 77 where neither is installed.
"""

import pathlib
import shutil
import subprocess
import sys

try:
    import yaml
except ImportError:
    print("skipped: needs python3-yaml")
    sys.exit(77)

# Made by hand, as the README says: they are no part of the tree.
SECRETS = {"lastmeter-tokens", "lastmeter-kafka"}
OVERLAYS = ("small", "three-zones")
PATHS = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}


def renderer():
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    if shutil.which("kubectl"):
        return ["kubectl", "kustomize"]
    print("skipped: needs kubectl or kustomize")
    sys.exit(77)


def matches(selector, labels):
    if not all(labels.get(k) == v for k, v in selector.get("matchLabels", {}).items()):
        return False
    for rule in selector.get("matchExpressions", []):
        assert rule["operator"] == "In", rule
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


class Manifests:
    """The objects of one rendered overlay, and what is wrong with them."""

    def __init__(self, name, objects):
        self.name = name
        self.objects = objects
        self.problems = []

    def of(self, *kinds):
        return [o for o in self.objects if o["kind"] in kinds]

    def names(self, kind):
        return {o["metadata"]["name"] for o in self.of(kind)}

    def check(self, truth, where, what):
        if not truth:
            self.problems.append(f"{self.name}: {where['kind']} {where['metadata']['name']}: {what}")

    def check_all(self):
        workloads = self.of("StatefulSet")
        assert len(workloads) == 3, f"{self.name}: {len(workloads)} workloads"
        for workload in workloads:
            self.check_labels(workload)
            self.check_pod(workload)
        for service in self.of("Service"):
            self.check_service(service, workloads)
        for route in self.of("HTTPRoute"):
            self.check_route(route)
        for o in self.objects:
            if o["kind"] != "Namespace":
                self.check(o["metadata"].get("namespace") == "lastmeter", o, "is in no namespace")
        return self.problems

    def check_labels(self, workload):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        self.check(matches(workload["spec"]["selector"], labels), workload, "does not select its pods")
        for kind in ("PodDisruptionBudget", "NetworkPolicy"):
            found = [o for o in self.of(kind)
                     if matches(o["spec"].get("selector", o["spec"].get("podSelector")), labels)]
            self.check(found, workload, f"no {kind} covers it")
            if kind == "PodDisruptionBudget":
                self.check(len(found) == 1, workload, "several budgets cover it")
        for spread in workload["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            self.check(matches(spread["labelSelector"], labels), workload, "spreads other pods")
            self.check(set(spread["matchLabelKeys"]) <= set(labels), workload,
                       "spreads by labels that it does not have")
        self.check(workload["spec"]["serviceName"] in self.names("Service"), workload,
                   "names no service")

    def check_pod(self, workload):
        pod = workload["spec"]["template"]["spec"]
        context = pod["securityContext"]
        self.check(context["runAsNonRoot"] and context["runAsUser"] > 0, workload, "may run as root")
        self.check(context["seccompProfile"]["type"] == "RuntimeDefault", workload, "no seccomp")
        self.check(pod["serviceAccountName"] in self.names("ServiceAccount"), workload, "no account")
        self.check(pod["terminationGracePeriodSeconds"] > 10, workload, "is killed while it drains")
        volumes = {v["name"]: v for v in pod.get("volumes", [])}
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            volumes[claim["metadata"]["name"]] = claim
        mounted = set()
        self.check(len(pod["containers"]) == 1, workload, "has not one container")
        for container in pod["containers"]:
            mounted |= {m["name"] for m in container["volumeMounts"]}
            self.check_container(workload, container)
        self.check(mounted == set(volumes), workload, f"mounts {mounted}, has {set(volumes)}")
        for volume in volumes.values():
            if "secret" in volume:
                self.check(volume["secret"]["secretName"] in SECRETS, workload, f"{volume}: unknown")
                # The server refuses tokens that others may read.
                self.check(volume["secret"]["defaultMode"] & 0o037 == 0, workload, "open secrets")

    def check_container(self, workload, container):
        security = container["securityContext"]
        self.check(security["readOnlyRootFilesystem"], workload, "may write to its image")
        self.check(not security["allowPrivilegeEscalation"], workload, "may gain rights")
        self.check(security["capabilities"] == {"drop": ["ALL"]}, workload, "keeps capabilities")
        self.check({"cpu", "memory"} <= set(container["resources"]["requests"]), workload, "asks for nothing")
        for source in container.get("envFrom", []):
            name = source["configMapRef"]["name"]
            self.check(name in self.names("ConfigMap"), workload, f"no ConfigMap {name}")
        ports = {p["name"]: p["containerPort"] for p in container["ports"]}
        listen = container["command"][container["command"].index("--listen") + 1]
        self.check(listen == f"0.0.0.0:{ports['http']}", workload, f"listens on {listen}, says {ports}")
        self.check(container["command"][0] == workload["metadata"]["name"], workload, "runs another program")
        for probe, path in PATHS.items():
            get = container[probe]["httpGet"]
            self.check(get["port"] in ports, workload, f"{probe}: no port {get['port']}")
            self.check(get["path"] == path, workload, f"{probe}: {get['path']}")

    def check_service(self, service, workloads):
        found = [w for w in workloads if matches({"matchLabels": service["spec"]["selector"]},
                                                 w["spec"]["template"]["metadata"]["labels"])]
        self.check(len(found) == 1, service, f"selects {len(found)} workloads")
        for port in service["spec"]["ports"]:
            for workload in found:
                ports = {p["name"]: p["containerPort"]
                         for p in workload["spec"]["template"]["spec"]["containers"][0]["ports"]}
                self.check(ports.get(port["targetPort"]) == port["port"], service, f"no port {port}")

    def check_route(self, route):
        """Every method of the interface goes to the one side that answers it."""
        sides = {}
        for rule in route["spec"]["rules"]:
            for backend in rule["backendRefs"]:
                ports = [p["port"] for s in self.of("Service")
                         if s["metadata"]["name"] == backend["name"] for p in s["spec"]["ports"]]
                self.check(backend["port"] in ports, route, f"{backend} is no service's port")
                for match in rule["matches"]:
                    if match["path"]["value"] == "/v1":
                        sides[match["method"]] = backend["name"]
        want = {"GET": "lastmeter-query", "POST": "lastmeter-gateway", "PUT": "lastmeter-gateway"}
        self.check(sides == want, route, f"methods go to {sides}")


def main():
    root = pathlib.Path(sys.argv[1]) / "deploy" / "kubernetes"
    render = renderer()
    problems = []
    for overlay in OVERLAYS:
        text = subprocess.run([*render, str(root / "overlays" / overlay)], check=True,
                              capture_output=True, text=True).stdout
        problems += Manifests(overlay, list(yaml.safe_load_all(text))).check_all()
    for folder in (root / "overlays").iterdir():
        if folder.name not in OVERLAYS:
            problems.append(f"overlay {folder.name} is not tested")
    print("\n".join(problems) or f"{len(OVERLAYS)} overlays hold together")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()

"""One installation on Kafka for the test of the examples: a broker, the services, people, cases."""
import json
import os
import pathlib
import subprocess
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


class House:
    """Started by `with`; everything in it is stopped at the end, whatever happens."""

    def __init__(self, build, folder):
        self.bin = pathlib.Path(build) / "bin"
        self.folder = pathlib.Path(folder)
        self.running = {}
        self.urls = {}
        self.tokens = {}

    def __enter__(self):
        try:
            # Guarded by this process, so that a test that is killed leaves no broker behind.
            self.brokers = self.kafka("start", "--owner", str(os.getpid()))
            self.ctl("topics", "create", "--brokers", self.brokers, "--single-broker")
            for name, role, more in [
                ("hotline", "sentinel", []),
                ("district-desk", "staff", ["--tier", "district"]),
                ("looker", "viewer", []),
                ("operator", "operator", []),
            ]:
                self.tokens[name] = self.ctl(
                    "tokens", "add", "--file", self.folder / "tokens", "--id", name, "--role", role,
                    "--area", "430112", *more).strip()
            tokens = ["--tokens", self.folder / "tokens"]
            self.open("gateway", *tokens)
            self.open("escalator", "--partitions", "0,1,2,3")
            self.open("query", *tokens)
            for name in self.running:
                self.await_ready(name)
            (self.folder / "operator").write_text(self.tokens["operator"])
            self.ctl("rules", "install", "--dir", ROOT / "deploy/rules", "--url", self.urls["gateway"],
                     "--token-file", self.folder / "operator")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *unused):
        for name in list(self.running):
            self.close(name)
        self.kafka("stop", "--kill")

    def kafka(self, command, *more):
        return run([ROOT / "tools/kafka", command, "--dir", self.folder / "kafka", *more]).strip()

    def ctl(self, *words):
        return run([self.bin / "lastmeterctl", *words])

    def open(self, name, *more):
        words = [self.bin / f"lastmeter-{name}", "--brokers", self.brokers, "--listen", "127.0.0.1:0",
                 "--data-dir", self.folder / name, "--instance", name, *more]
        with open(self.folder / f"{name}.log", "wb") as log:
            self.running[name] = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True)

    def await_ready(self, name):
        for line in self.running[name].stdout:
            if line.startswith("ready http"):
                self.urls[name] = line.split()[1]
                return
        raise RuntimeError(f"{name} ended: " + (self.folder / f"{name}.log").read_text()[-3000:])

    def close(self, name):
        """As its operator does; its partitions and connections are let go at once."""
        process = self.running.pop(name)
        process.terminate()
        code = process.wait(timeout=60)
        process.stdout.close()
        if code != 0:
            raise RuntimeError(f"{name} ended with {code}: "
                               + (self.folder / f"{name}.log").read_text()[-3000:])

    def post(self, who, path, body, key):
        """A command through the gateway, waited for until it is decided; what it came to."""
        request = urllib.request.Request(
            f"{self.urls['gateway']}{path}?wait=30s", json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json",
             "Idempotency-Key": key})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def report(self, key, kind, area):
        return self.post("hotline", "/v1/reports", {"kind": kind, "area": area}, key)["caseNumber"]

    def events(self, who, query="", headers=()):
        """GET /v1/events, opened; the caller reads and closes it."""
        request = urllib.request.Request(
            f"{self.urls['query']}/v1/events{query}",
            headers={"Authorization": f"Bearer {self.tokens[who]}", **dict(headers)})
        return urllib.request.urlopen(request, timeout=60)

    def log_cat(self):
        """Every record, as lastmeterctl reads it."""
        return [json.loads(line) for line in
                self.ctl("log", "cat", "--brokers", self.brokers, "--json").splitlines()]


def run(words, env=None):
    """What the program printed; an error with all that it said where it failed."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=180, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout

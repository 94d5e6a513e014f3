#!/usr/bin/env python3
"""The layer checker must catch wrong arrows: each claim below feeds it one."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_layers  # noqa: E402

HERE = pathlib.Path(__file__).parent
TABLE = check_layers.Table((HERE / "layers.txt").read_text(encoding="utf-8"))


def faults(path, *includes):
    text = "#pragma once\n" + "".join(f"#include {i}\n" for i in includes)
    return TABLE.faults_of(path, text)


class LayersTest(unittest.TestCase):
    def test_allows_what_the_table_allows(self):
        self.assertEqual(faults("engine/core/a.h", '"engine/base/time.h"', "<map>",
                                '"lastmeter/event/v1/event.pb.h"', '"absl/status/status.h"'), [])
        self.assertEqual(faults("services/escalator/a.h", '"engine/base/time.h"'), [])
        self.assertEqual(faults("tests/core/a.cc", '"engine/core/decide.h"', "<rocksdb/db.h>"), [])

    def test_core_may_not_know_the_log(self):
        self.assertEqual([line for line, _ in faults("engine/core/a.h", '"engine/log/log.h"')], [2])

    def test_the_judge_may_not_know_core_or_runtime(self):
        for header in ("engine/core/codec.h", "engine/runtime/partition.h", "engine/calendar/a.h"):
            self.assertEqual(len(faults("tools/check/judge.cc", f'"{header}"')), 1, header)

    def test_nobody_names_tests(self):
        self.assertEqual(len(faults("tools/ctl/a.cc", '"tests/check/log_builder.h"')), 1)

    def test_outside_headers_stay_in_their_folders(self):
        self.assertEqual(len(faults("engine/runtime/a.cc", "<rocksdb/db.h>")), 1)
        self.assertEqual(len(faults("engine/log_rocksdb/a.cc", "<rocksdb/db.h>")), 0)
        self.assertEqual(len(faults("services/query/a.cc", "<boost/beast/core.hpp>")), 1)
        self.assertEqual(len(faults("services/common/a.cc", "<boost/asio.hpp>")), 0)
        self.assertEqual(len(faults("engine/log/a.cc", "<librdkafka/rdkafka.h>")), 1)

    def test_back_ends_are_named_in_mains_only(self):
        header = '"engine/log_rocksdb/rocksdb_log.h"'
        self.assertEqual(len(faults("tools/check/judge.cc", header)), 1)
        self.assertEqual(faults("tools/check/main.cc", header), [])
        self.assertEqual(faults("services/standalone/server.cc", header), [])
        self.assertEqual(faults("services/gateway/main.cc", header), [])
        self.assertEqual(len(faults("services/gateway/gateway.cc", header)), 1)
        self.assertEqual(len(faults("engine/store_rocksdb/a.cc", header)), 1)

    def test_an_unknown_folder_is_a_fault(self):
        self.assertEqual(len(faults("engine/surprise/a.h", "<map>")), 1)
        self.assertEqual(len(faults("engine/core/a.h", '"engine/surprise/a.h"')), 1)

    def test_includes_start_at_the_root(self):
        self.assertEqual(len(faults("engine/core/a.cc", '"decide.h"')), 1)

    def test_indented_and_spaced_includes_count(self):
        self.assertEqual(len(TABLE.faults_of("engine/base/a.h",
                                             '  #  include  "engine/log/log.h"\n')), 1)

    def test_a_cycle_in_the_table_is_refused(self):
        with self.assertRaises(ValueError):
            check_layers.Table("layer a -> b\nlayer b -> a\n")

    def test_the_program_exits_1_on_a_wrong_arrow_and_0_without(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "engine/base").mkdir(parents=True)
            source = root / "engine/base/a.h"
            command = [sys.executable, str(HERE / "check_layers.py"), str(root)]
            source.write_text("#include <map>\n")
            good = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(good.returncode, 0, good.stdout)
            source.write_text('#include "engine/core/decide.h"\n')
            bad = subprocess.run(command, capture_output=True, text=True, check=False)
            self.assertEqual(bad.returncode, 1)
            self.assertIn("engine/base/a.h:1:", bad.stdout)


if __name__ == "__main__":
    unittest.main()

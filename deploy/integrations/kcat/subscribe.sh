#!/usr/bin/env bash
# Follows lastmeter's events with kcat and protoc. Nothing to compile: for looking, and for small jobs.
#
#   ./subscribe.sh HOST:PORT                         from the beginning, and on as events come
#   ./subscribe.sh HOST:PORT -o s@"$(date -d 2026-07-01T00:00+08:00 +%s)000"    from a date
#   ./subscribe.sh HOST:PORT -p 2 -o 4711            from a position of one partition
#   ./subscribe.sh HOST:PORT -e                      ends where the topic ends for now
#
# Prints a line for each event, with partition, offset and the CloudEvents headers, and the event
# below it. Everything behind HOST:PORT goes to kcat; what it needs to log in stands best in the file
# that KCAT_CONFIG names. LASTMETER_TOPIC and LASTMETER_DESCRIPTORS say where topic and messages are.
set -euo pipefail

(( $# > 0 )) || { sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2; }
brokers=$1
shift
topic=${LASTMETER_TOPIC:-lastmeter.case.event.v1}
descriptors=${LASTMETER_DESCRIPTORS:-/usr/share/lastmeter/lastmeter.binpb}

# A value may hold any byte, so each comes with its size before it: partition, offset, size and
# headers on a line, then so many bytes of value. Only what was committed is read: a transaction that
# was aborted was never decided.
kcat -C -q -u -b "$brokers" -t "$topic" -X isolation.level=read_committed -o beginning "$@" \
  -f '%p\t%o\t%S\t%h\n%s' |
  while IFS=$'\t' read -r partition offset size headers; do
    printf '%s\t%s\t%s\n' "$partition" "$offset" "$headers"
    case ,$headers, in
      *,ce_lmrestricted=true,*)
        # A terminal is read by whoever passes: of a restricted case no more than its headers say.
        head -c "$size" > /dev/null ;;
      *,ce_type=lastmeter.event.v1.*)
        # The input is left out: it holds what people wrote, and what was decided stands in `event`.
        # A type that these descriptors do not know shows as a number and its bytes.
        head -c "$size" | protoc --decode=lastmeter.event.v1.Record --descriptor_set_in="$descriptors" |
          sed -n '/^event {/,/^}/p' ;;
      *)
        # No event: a stranger wrote here, which the brokers' ACLs ought to forbid.
        head -c "$size" > /dev/null ;;
    esac
  done

#!/bin/sh
# Ask the tools whose verdict hangs on little five times each. For cron: 30 6 * * 6  /srv/reviews/weekly.sh
# Copy it beside nightly.sh, which keeps the list, and does the asking and the mailing.

here=$(cd "$(dirname "$0")" && pwd) || exit 4
cd "${NIGHTLY_FOLDER:-$here}" || exit 4

if ! grep -q '^[^#]' watch.txt; then exit 0; fi # no verdict hangs on little
exec "$here/nightly.sh" --watch watch.txt --repeats 5

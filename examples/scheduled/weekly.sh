#!/bin/sh
# Ask the tools whose verdict hangs on little five times each. For cron: 30 6 * * 6  /srv/reviews/weekly.sh
#
# GIVE IT THE SAME --model AS nightly.sh, or none where that has none: the list is one per model, and other answers than
# those of that model are not what hangs on little. Copy it beside nightly.sh, which keeps the list, asks and mails.

here=$(cd "$(dirname "$0")" && pwd) || exit 4
NIGHTLY_FOLDER=${NIGHTLY_FOLDER:-$here} exec "$here/nightly.sh" weekly "$@"

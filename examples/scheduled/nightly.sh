#!/bin/sh
# Bring a catalogue up to date, and mail what came of it. For cron: 15 2 * * *  /srv/reviews/nightly.sh
#
#   nightly.sh [options of panel rescore]        such as --model openai/gpt-6-luna, or --via batch --detach
#   nightly.sh weekly [the same options]         ask five times each what hangs on little; weekly.sh says this
#
# Copy it beside panel.toml, catalogue/ and runs/, and write your values below. It ends with the exit code of panel.
# What stopped in the middle is taken up by the next night: the same command does the rest, and nothing is asked twice.

folder=${NIGHTLY_FOLDER:-$(dirname "$0")}     # where panel.toml, catalogue/ and runs/ lie
catalogue=${NIGHTLY_CATALOGUE:-catalogue}
max_cost=${NIGHTLY_MAX_COST:-5}               # US dollars that one run may spend, however often it is taken up
flips=${NIGHTLY_FLIPS:-5%}                    # more votes flipped than this, of all paired: mail the drift report
to=${NIGHTLY_TO:-}                            # who gets the mail; left empty, cron mails what is printed
keys=${NIGHTLY_KEYS:-$HOME/.config/panel/keys} # a file of lines like OPENAI_API_KEY=…, which only you can read
keep_days=${NIGHTLY_KEEP_DAYS:-60}            # logs and reports older than this are deleted; runs never are

umask 077
cd "$folder" || exit 4
PATH="$PWD/.venv/bin:$PATH"
mkdir -p logs || exit 4

# The list of what hangs on little bears the name of the models that were given, so that a night with one model does
# not overwrite the list of another: watch.txt, or watch-openai-gpt-6-luna.txt. Night and week name it alike.
watch=watch
last=
for word; do
  case $last in -m | --model) watch=$watch-$word ;; esac
  case $word in --model=*) watch=$watch-${word#--model=} ;; esac
  last=$word
done
watch=$(printf %s "$watch" | tr -c 'A-Za-z0-9._' -).txt

if [ "${1:-}" = weekly ]; then
  shift
  if [ ! -f "$watch" ]; then
    echo "weekly: there is no $folder/$watch. nightly.sh writes it: give both the same --model, or none." >&2
    exit 2
  fi
  if ! grep -q '^[^#]' "$watch"; then exit 0; fi # no verdict hangs on little
  set -- --watch "$watch" --repeats 5 "$@"
fi

# One at a time: the lock ends with this script and what it started. Without flock, panel itself refuses (exit code 4)
# any other command over the same tools of the catalogue that has a model in common, while one is at work.
exec 9>logs/lock
if command -v flock >/dev/null && ! flock -n 9; then
  echo "nightly.sh: the one before is still at work; nothing was begun" >&2
  exit 0
fi

night=logs/$(date +%Y-%m-%d-%H%M%S)
log=$night.log summary=$night.summary.txt drift=$night.drift.txt # plain text: that is what a mail shows

# Keys are seen by this one process and by nothing else.
(
  set -a
  if [ -r "$keys" ]; then . "$keys"; fi
  set +a
  exec panel rescore "$catalogue" --max-cost "$max_cost" --summary "$summary" --drift "$drift" --fail-on-flips "$flips" "$@"
) >"$log" 2>&1
code=$?

# tell SUBJECT [FILE]…: mail the files that are there, or print them.
tell() {
  subject=$1
  shift
  for file; do
    shift
    if [ -s "$file" ]; then set -- "$@" "$file"; fi
  done
  if [ -z "$to" ]; then
    printf '%s\n\n' "$subject"
    cat "$@" </dev/null
  elif ! cat "$@" </dev/null | mail -s "$subject" "$to"; then
    echo "nightly.sh: no mail could be sent; what it says is in $folder/$night.*" >&2
  fi
}

tail -n 40 "$log" >"$night.tail"
case $code in
  0) if [ -s "$drift" ]; then tell "panel: up to date" "$summary"; fi ;; # else nothing was stale, and no mail
  3) tell "panel: entries that cannot be used" "$summary" "$night.tail" ;;
  5)
    if [ -s "$summary" ]; then
      tell "panel: not finished, goes on the next time" "$summary"
    else # it could not begin: a key, a model, an address
      tell "panel: could not ask" "$night.tail"
    fi
    ;;
  6) # the report lists the flips, so the summary need not
    sed '/^First flips$/,$d' "$summary" >"$night.head"
    tell "panel: more drift than allowed" "$night.head" "$drift"
    ;;
  130 | 143) ;; # somebody stopped it, and knows
  *) tell "panel: failed with code $code" "$night.tail" ;;
esac
rm -f "$night.tail" "$night.head"

# After a run over the whole catalogue: whose verdict hangs on little, for the week.
case " $* " in
  *" --watch"[=\ ]* | *" --category"[=\ ]*) ;;
  *) if [ -s "$drift" ]; then panel diff latest --straddling "$watch" >/dev/null 2>>"$log"; fi ;;
esac

find logs -type f -name '[0-9]*.*' -mtime "+$keep_days" -exec rm -f {} +
exit "$code"

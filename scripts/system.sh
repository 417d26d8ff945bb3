#!/bin/bash
# Sees that system packages are there: `scripts/system.sh python postgresql chromium wrk`.
# Installs what is missing with apt-get where it may (root, or sudo that asks nothing); otherwise says the one line to run and fails.
set -eu

present() {
  case "$1" in
    python) "${PYTHON:-python3}" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ;;
    postgresql) [ -n "${HUAJIE_TEST_DATABASE_URL:-}" ] || command -v postgres >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 ;;
    chromium) [ -n "${HUAJIE_TEST_CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 ;;
    wrk) command -v wrk >/dev/null 2>&1 ;;
    *) echo "scripts/system.sh: unknown need '$1'" >&2; exit 2 ;;
  esac
}

packages=()
for need in "$@"; do
  present "$need" && continue
  case "$need" in
    python) packages+=(python3 python3-venv) ;;
    postgresql) packages+=(postgresql) ;;
    chromium) packages+=(chromium) ;;
    wrk) packages+=(wrk) ;;
  esac
done
[ ${#packages[@]} -eq 0 ] && exit 0

line="apt-get update && apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold ${packages[*]}"
if [ "$(id -u)" = 0 ]; then run=(env); elif sudo -n true 2>/dev/null; then run=(sudo -n env); else run=(); fi
if [ ${#run[@]} -eq 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Missing: ${packages[*]}. Run this once, then again what you ran:" >&2
  echo "  sudo sh -c '$line'" >&2
  exit 1
fi
echo "Installing ${packages[*]}"
# Debian's package would start a server of its own; the tests start theirs, so it is told not to make a cluster.
if [ -d /etc ] && [[ " ${packages[*]} " == *" postgresql "* ]] && [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${run[@]}" mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' | "${run[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${run[@]}" DEBIAN_FRONTEND=noninteractive sh -c "$line" </dev/null >/tmp/huajie-apt.$$ 2>&1 || {
  tail -n 20 /tmp/huajie-apt.$$ >&2
  echo "That failed. Run this once, then again what you ran:" >&2
  echo "  sudo sh -c '$line'" >&2
  exit 1
}
rm -f /tmp/huajie-apt.$$
for need in "$@"; do present "$need" || { echo "$need is still missing after apt-get" >&2; exit 1; }; done

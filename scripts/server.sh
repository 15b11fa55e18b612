# Shared by demo/run, test/run and bench/run: the packages a build needs, and a private PostgreSQL server that
# never meets one that is already there: own data directory, unix socket only, own user when started by root.
#
#   . "$root/scripts/server.sh"            # $root: the top of the checkout
#   install_packages "${BUILD_PACKAGES[@]}"
#   build_and_install demo                 # quiet; what make said is in build/demo.log
#   dir=$(server_dir demo)
#   server_start "$dir" work_mem=256MB     # makes the data directory on first use; harmless if it runs already
#   server_psql "$dir" -c 'SELECT 1'       # or any client with: -h "$dir/socket" -p 5432 -U postgres
#   server_stop "$dir"

# What the user's shell says about other servers must not reach ours.
for server_variable in ${!PG@}; do
    [ "$server_variable" = PG_CONFIG ] || unset "$server_variable"
done
unset server_variable

# A PG_CONFIG given by the user stands for an installation that is complete.
BUILD_PACKAGES=(g++ make libeigen3-dev libssl-dev)
if [ -z "${PG_CONFIG:-}" ]; then
    BUILD_PACKAGES+=(postgresql-15 postgresql-server-dev-15)
    PG_CONFIG=/usr/lib/postgresql/15/bin/pg_config
fi

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

package_installed() {
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

install_packages() {
    local missing=() package as_root=() log
    for package in "$@"; do
        package_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || die "These packages are missing, and there is no apt-get to install them: ${missing[*]}"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "These packages are missing: ${missing[*]}. Run this as root, or install them first."
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}"
    log=$(mktemp)
    # The package lists may be old or absent: fetch them only if the first attempt fails.
    if ! { apt_install "${missing[@]}" || { apt_get update && apt_install "${missing[@]}"; }; } </dev/null >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get could not install: ${missing[*]}"
    fi
    rm -f "$log"
}

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y "$@"
}

apt_install() {
    # On a machine that never had PostgreSQL its package would make a cluster and start it on port 5432.
    if [[ " $*" = *" postgresql-"* ]] && ! package_installed postgresql-common; then
        apt_get install --no-install-recommends postgresql-common || return
        "${as_root[@]}" sed -i 's/^#create_main_cluster = true/create_main_cluster = false/' \
            /etc/postgresql-common/createcluster.conf || return
    fi
    apt_get install --no-install-recommends "$@"
}

# PostgreSQL refuses to run as root. Behind sudo the person at the keyboard is the right owner.
server_user() {
    if [ "$(id -u)" != 0 ]; then
        id -un
    elif [ -n "${SUDO_USER:-}" ] && [ "$(id -u "$SUDO_USER" 2>/dev/null || echo 0)" != 0 ]; then
        echo "$SUDO_USER"
    elif id -u postgres >/dev/null 2>&1; then
        echo postgres
    else
        die "A server cannot run as root, and there is no user postgres. Run this as an ordinary user."
    fi
}

# Runs a command as that user, from a directory that every user may enter. Only root can be another user.
as_server_user() {
    as_user "$(server_user)" "$@"
}

as_user() {
    local user=$1
    shift
    if [ "$(id -u)" != 0 ]; then
        (cd / && "$@")
    else
        (cd / && runuser -u "$user" -- env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@")
    fi
}

# The directory of a named server, the same on every call from this checkout. It is not in the checkout, because
# the server's user may not be able to read that, and not in /tmp, because that may be memory.
server_dir() {
    local name=$1 user checkout top dir
    user=$(server_user)
    checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P | cksum | cut -d' ' -f1)
    top=/var/tmp/customer_data-$user-$checkout
    for dir in "$top" "$top/$name"; do
        as_server_user mkdir -m 700 "$dir" 2>/dev/null || true
        # Anyone may write to /var/tmp: accept only what is really ours.
        if [ -L "$dir" ] || [ "$(stat -c '%F %U %a' "$dir" 2>/dev/null)" != "directory $user 700" ]; then
            die "$dir is not a directory of mode 700 that belongs to $user. Remove it."
        fi
    done
    # A socket's address holds 107 bytes.
    [ ${#dir} -le 80 ] || die "The path $dir is too long for a unix socket."
    echo "$dir"
}

# Copies the checkout, and keeps what an earlier build of the copy made from files that have not changed.
copy_tree() {
    local to=$1
    as_server_user mkdir -p "$to"
    as_server_user find "$to" -mindepth 1 -type f ! -name '*.o' ! -name '*.d' ! -name '*.so' -delete
    tar -C "$root" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.d' --exclude='*.so' \
        --mode=u+rwX -cf - . | as_server_user tar -C "$to" --no-same-owner -xf -
}

# build_and_install NAME: builds in the checkout, or in a copy where that cannot be written, and installs into the
# installation of PG_CONFIG, unless just that is installed already: then nobody is asked for a password.
build_and_install() {
    local tree=$root log=$root/build/$1.log owner as_root=()
    if [ -w "$root" ]; then
        # Behind root, files in somebody's checkout stay that person's.
        owner=$(stat -c %U "$root")
        if [ "$(id -u)" != 0 ] || ! as_user "$owner" test -w "$root" 2>/dev/null; then
            owner=$(id -un)
        fi
        as_user "$owner" mkdir -p "$root/build"
    else
        owner=$(server_user)
        log=$(server_dir build)/$1.log
        if ! make -C "$root" -q PG_CONFIG="$PG_CONFIG" >/dev/null 2>&1; then
            tree=$(server_dir build)/tree
            copy_tree "$tree"
        fi
    fi
    as_user "$owner" make -C "$tree" -s -j "$(nproc)" PG_CONFIG="$PG_CONFIG" 2>&1 </dev/null |
        as_user "$owner" tee "$log" >/dev/null || build_failed "make failed" "$log"
    is_installed "$tree" && return
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            die "customer_data has to be installed into $("$PG_CONFIG" --pkglibdir). Run this, or make install, once as root."
        as_root=(sudo)
    fi
    "${as_root[@]}" make -C "$tree" -s install PG_CONFIG="$PG_CONFIG" 2>&1 </dev/null |
        as_user "$owner" tee -a "$log" >/dev/null || build_failed "make install failed" "$log"
}

build_failed() {
    tail -n 30 "$2" >&2
    die "$1; everything it said is in $2"
}

is_installed() {
    local share library version script
    share=$("$PG_CONFIG" --sharedir)/extension
    library=$("$PG_CONFIG" --pkglibdir)
    version=$(sed -n "s/^default_version = '\(.*\)'/\1/p" "$1/customer_data.control")
    cmp -s "$1/customer_data.so" "$library/customer_data.so" || return
    for script in "$1/customer_data.control" "$1/customer_data--$version.sql" "$1"/src/upgrade/customer_data--*.sql; do
        cmp -s "$script" "$share/${script##*/}" || return
    done
}

server_running() {
    local bin
    bin=$("$PG_CONFIG" --bindir)
    as_server_user test -e "$1/data/postmaster.pid" && as_server_user "$bin/pg_ctl" -D "$1/data" status >/dev/null 2>&1
}

# server_start DIR [NAME=VALUE ...]: settings hold from the next start on.
server_start() {
    local dir=$1 bin setting
    shift
    bin=$("$PG_CONFIG" --bindir)
    if ! as_server_user test -s "$dir/data/PG_VERSION"; then
        as_server_user rm -rf "$dir/data"
        # The directory is closed to all but its owner, so trust lets nobody else in.
        as_server_user "$bin/initdb" -D "$dir/data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
            >/dev/null </dev/null || die "initdb failed in $dir/data"
        as_server_user tee -a "$dir/data/postgresql.conf" <<<"include '../server.conf'" >/dev/null
    fi
    server_running "$dir" && return 0
    as_server_user mkdir -p "$dir/socket"
    {
        printf "listen_addresses = ''\nunix_socket_directories = '%s'\nport = 5432\n" "$dir/socket"
        printf "timezone = 'UTC'\nlog_timezone = 'UTC'\n"
        for setting in "$@"; do
            printf "%s = '%s'\n" "${setting%%=*}" "${setting#*=}"
        done
    } | as_server_user tee "$dir/server.conf" >/dev/null
    if ! as_server_user "$bin/pg_ctl" -D "$dir/data" -l "$dir/log" -w -t 120 start >/dev/null </dev/null; then
        as_server_user tail -n 20 "$dir/log" >&2 || true
        die "The private server did not start; its log is $dir/log"
    fi
}

# server_key DIR: a root key of its own for a server, made on first use, so that it can seal; the file's name.
server_key() {
    as_server_user test -s "$1/root_key" ||
        od -An -vtx1 -N32 /dev/urandom | tr -d ' \n' | as_server_user sh -c "umask 077 && cat >'$1/root_key'"
    echo "$1/root_key"
}

server_stop() {
    local bin
    bin=$("$PG_CONFIG" --bindir)
    server_running "$1" || return 0
    as_server_user "$bin/pg_ctl" -D "$1/data" -m fast -w -t 120 stop >/dev/null </dev/null ||
        die "The private server in $1 did not stop."
}

server_psql() {
    local dir=$1
    shift
    "$("$PG_CONFIG" --bindir)/psql" -X -h "$dir/socket" -p 5432 -U postgres -d postgres "$@"
}

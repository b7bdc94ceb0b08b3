# Shared by the scripts beside it: paths, timing, and one clear line when something is missing.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

ROOT=$PWD
TOOLS=$ROOT/target/tools
export PATH="$TOOLS/bin:$TOOLS/control-plane/bin:$PATH"
WASM_BINDGEN_VERSION=0.2.130
CARGO_DENY_VERSION=0.20.2

die() {
    printf 'ai4k8s: %s\n' "$*" >&2
    exit 1
}

need() { # command, how to get it
    command -v "$1" >/dev/null 2>&1 || die "$1 is missing: $2"
}

# Runs a step, quietly when it has nothing to say, and prints how long it took.
step() { # name, command …
    local name=$1 began=$SECONDS status=0
    shift
    printf '==> %s\n' "$name"
    "$@" || status=$?
    printf '    %s: %s s\n' "$name" "$((SECONDS - began))"
    return "$status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

ensure_rust() {
    need cargo "install Rust from rustup (https://rustup.rs)"
    need cc "install a C compiler (Debian: apt-get install gcc)"
    need node "install Node.js 20 or later"
    need npm "install npm, which comes with Node.js"
    .ci/ensure-wasm-target
}

ensure_cargo_tool() { # binary, crate, version, extra arguments
    local binary=$1 crate=$2 version=$3
    shift 3
    if [ "$("$TOOLS/bin/$binary" --version 2>/dev/null | awk '{print $2}')" = "$version" ]; then
        return
    fi
    step "build $crate $version (once)" \
        env -u RUSTFLAGS CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
        cargo install --quiet --debug --root "$TOOLS" --target-dir "$TOOLS/build" \
        "$@" "$crate@$version"
    rm -rf "$TOOLS/build"
}

ensure_wasm_bindgen() {
    # Its own lock file does not resolve with this compiler, so it is built without --locked.
    ensure_cargo_tool wasm-bindgen wasm-bindgen-cli "$WASM_BINDGEN_VERSION"
}

ensure_npm() { # folder
    local folder=$1 stamp=$1/node_modules/.installed
    if [ ! -f "$stamp" ] || [ "$folder/package-lock.json" -nt "$stamp" ]; then
        step "npm packages of $folder" env PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 \
            npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error
        touch "$stamp"
    fi
}

# Builds programs of the control plane from their Go modules, once; without a Go that can, says so and fails.
ensure_from_go() { # what is skipped without, program …
    local skipped=$1 status=0
    shift
    step "build ${*:-the control plane} from Go modules (once)" end2end/control-plane/build "$@" || status=$?
    case $status in
        0) return 0 ;;
        3) printf '    no Go 1.24 or later: %s are SKIPPED\n' "$skipped" && return 1 ;;
        *) die 'the build from Go modules failed' ;;
    esac
}

# A recent kubectl: the installed one, else built from its Go module, else none (said aloud).
ensure_kubectl() {
    if command -v kubectl >/dev/null 2>&1 &&
        kubectl version --client -o json 2>/dev/null | grep -Eq '"minor": "(3[0-9]|2[89])'; then
        return 0
    fi
    ensure_from_go 'the kubectl tests' kubectl
}

ensure_chromium() {
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    if [ -z "$CHROMIUM" ]; then
        need apt-get "install Chromium and put it on the PATH"
        step 'install chromium' install_chromium
        CHROMIUM=$(command -v chromium) || die 'chromium was installed but is not on the PATH'
    fi
    export CHROMIUM
}

install_chromium() {
    as_root apt-get update -qq >/dev/null
    DEBIAN_FRONTEND=noninteractive as_root apt-get install -y -qq chromium >/dev/null
}

# What proves who is who in the control plane that ./run starts: certificates, tokens and a kubeconfig for each
# component. They last two days.
# shellcheck shell=bash

# Creates a key and a certificate: FOLDER/NAME.key and FOLDER/NAME.crt.
certificate() { # folder, name, subject's common name, issuer or '', extension …
    local folder=$1 name=$2 subject=$3 issuer=$4 extension arguments=()
    shift 4
    for extension in "$@"; do arguments+=(-addext "$extension"); done
    if [[ -n $issuer ]]; then arguments+=(-CA "$folder/$issuer.crt" -CAkey "$folder/$issuer.key"); fi
    # An empty configuration, so that none of the machine's own adds extensions.
    openssl req -x509 -config <(printf '[req]\ndistinguished_name=subject\n[subject]\n') \
        -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$subject" \
        -keyout "$folder/$name.key" -out "$folder/$name.crt" "${arguments[@]}" 2>/dev/null
}

# One token per user; prints the line that the API server's token file wants.
token_line() { # user, token, groups
    printf '%s,%s,%s,"%s"\n' "$2" "$1" "$1" "$3"
}

kubeconfig() { # authority's file, server, user, token
    cat <<YAML
apiVersion: v1
kind: Config
current-context: control-plane
clusters:
- name: control-plane
  cluster:
    server: $2
    certificate-authority-data: $(base64 -w 0 <"$1")
users:
- name: $3
  user:
    token: $4
contexts:
- name: control-plane
  context: {cluster: control-plane, user: $3}
YAML
}

write_credentials() { # folder, the API server's address
    local folder=$1 server=$2 user group token
    local authority=(basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign)
    local leaf=(basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature)
    openssl version 2>/dev/null | grep -q '^OpenSSL [3-9]' || die 'openssl 3 or later is missing: install openssl'
    certificate "$folder" ca control-plane-ca '' "${authority[@]}"
    certificate "$folder" server server ca "${leaf[@]}" extendedKeyUsage=serverAuth \
        'subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,DNS:metrics-server.kube-system.svc,IP:127.0.0.1'
    certificate "$folder" front-proxy-ca front-proxy-ca '' "${authority[@]}"
    certificate "$folder" front-proxy front-proxy front-proxy-ca "${leaf[@]}" extendedKeyUsage=clientAuth
    openssl ecparam -name prime256v1 -genkey -noout -out "$folder/accounts.key"
    while read -r user group; do
        token=$(openssl rand -hex 32)
        token_line "$user" "$token" "$group" >>"$folder/tokens.csv"
        kubeconfig "$folder/ca.crt" "$server" "$user" "$token" >"$folder/${user#system:}.kubeconfig"
    done <<'USERS'
admin system:masters
kwok system:masters
metrics-server
system:kube-controller-manager
system:kube-scheduler
USERS
}

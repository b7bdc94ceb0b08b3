//go:build tools

// Package tools pins the version of kubectl that ./build compiles.
package tools

import (
	_ "k8s.io/kubernetes/cmd/kubectl"
)

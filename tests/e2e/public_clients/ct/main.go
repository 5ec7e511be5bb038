// Holds the proofs of a bundle against the first Merkle verifier that there was: github.com/google/certificate-transparency, 2016 (Debian). It
// counts leaves from 1. The consistency proofs are made by golang.org/x/mod/sumdb/tlog from the bundle's leaves.
//
//	ct FOLDER        an unpacked bundle; signatures are the other clients' business
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/google/certificate-transparency/go/merkletree"
	"golang.org/x/mod/sumdb/tlog"
)

var failed int

func say(good bool, format string, args ...interface{}) {
	what := fmt.Sprintf(format, args...)
	if good {
		fmt.Println("  ok    ct: " + what)
	} else {
		failed++
		fmt.Println("  FAIL  ct: " + what)
	}
}
func must(err error) {
	if err != nil {
		fmt.Println("  FAIL  ct: " + err.Error())
		os.Exit(1)
	}
}

func sum(b []byte) []byte {
	s := sha256.Sum256(b)
	return s[:]
}

type checkpoint struct {
	size int64
	root []byte
}

func parse(note []byte) checkpoint {
	lines := strings.Split(string(note), "\n")
	if len(lines) < 3 {
		must(fmt.Errorf("a checkpoint of %d lines", len(lines)))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	root, err := base64.StdEncoding.DecodeString(lines[2])
	must(err)
	return checkpoint{size, root}
}

// Index, proof and checkpoint of a c2sp.org/tlog-proof.
func readProof(text []byte) (int64, [][]byte, checkpoint) {
	parts := strings.SplitN(string(text), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	must(err)
	var proof [][]byte
	for _, line := range lines[2:] {
		hash, err := base64.StdEncoding.DecodeString(line)
		must(err)
		proof = append(proof, hash)
	}
	return index, proof, parse([]byte(parts[1]))
}

func leavesOf(folder string) [][]byte {
	var paths []string
	must(filepath.Walk(filepath.Join(folder, "tile/entries"), func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			paths = append(paths, path)
		}
		return err
	}))
	sort.Strings(paths)
	var out [][]byte
	for _, path := range paths {
		in, err := os.ReadFile(path)
		must(err)
		for len(in) >= 2 {
			n := int(binary.BigEndian.Uint16(in))
			out = append(out, in[2:2+n])
			in = in[2+n:]
		}
	}
	return out
}

func main() {
	folder := os.Args[1]
	read := func(path string) []byte {
		b, err := os.ReadFile(filepath.Join(folder, path))
		must(err)
		return b
	}
	verifier := merkletree.NewMerkleVerifier(sum)
	newest := parse(read("checkpoint"))
	leaves := leavesOf(folder)
	say(int64(len(leaves)) == newest.size, "%d leaves", len(leaves))

	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = hashes[at]
		}
		return out, nil
	})
	for i, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(i), leaf, reader)
		must(err)
		hashes = append(hashes, more...)
	}

	seals, err := filepath.Glob(filepath.Join(folder, "seals/*.tlog-proof"))
	must(err)
	say(len(seals) > 0, "%d seals have proofs", len(seals))
	for _, path := range seals {
		text, err := os.ReadFile(path)
		must(err)
		index, proof, at := readProof(text)
		name := filepath.Base(path)
		say(verifier.VerifyInclusionProof(index+1, at.size, proof, at.root, leaves[index]) == nil, "the seal %s is included", name)
		say(verifier.VerifyInclusionProof(index, at.size, proof, at.root, leaves[index]) != nil, "refuses %s at the place before", name)
		altered := append([]byte{}, leaves[index]...)
		altered[len(altered)/2] ^= 1
		say(verifier.VerifyInclusionProof(index+1, at.size, proof, at.root, altered) != nil, "refuses another seal in the place of %s", name)
	}

	older, err := filepath.Glob(filepath.Join(folder, "checkpoints/*"))
	must(err)
	good, refused := 0, 0
	for _, path := range older {
		text, err := os.ReadFile(path)
		must(err)
		old := parse(text)
		proof, err := tlog.ProveTree(newest.size, old.size, reader)
		must(err)
		var raw [][]byte
		for _, h := range proof {
			h := h
			raw = append(raw, h[:])
		}
		if verifier.VerifyConsistencyProof(old.size, newest.size, old.root, newest.root, raw) == nil {
			good++
		}
		wrong := bytes.Repeat([]byte{7}, 32)
		if verifier.VerifyConsistencyProof(old.size, newest.size, wrong, newest.root, raw) != nil {
			refused++
		}
	}
	say(good == len(older) && good > 0, "%d of %d stored checkpoints are prefixes", good, len(older))
	say(refused == len(older), "refuses another root in the place of each")
	if failed > 0 {
		os.Exit(1)
	}
}

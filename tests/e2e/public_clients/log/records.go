package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// body is what this client reads of a record; the other keys are not its business.
type body struct {
	Ag, Ik, E0, Nx string
	Ep, Sq         int64
	Pv             string
	Bk             *struct {
		N int64
		H string
	}
	N int64
	H string
}

// agent is where one chain stands: the key that must sign next, and what the next record must name.
type agent struct {
	identity, epoch note.Verifier
	epochNumber, sq int64
	pv              [32]byte
}

// replay opens the signed note inside every leaf with the one key, or the keys of the one role, that may have signed it.
type replay struct {
	trust  *trust
	unit   string
	hashes tlog.HashReader
	agents map[string]*agent
	lastRx int64
	counts map[string]int
}

func (r *replay) leaf(index int64, leaf []byte) error {
	if bytes.HasPrefix(leaf, []byte("{")) { // the entry of an attestation; the Sigstore client reads it
		r.counts["entries"]++
		return nil
	}
	header, record, _ := bytes.Cut(leaf, []byte("\n"))
	words := strings.Split(string(header), " ")
	var rx int64
	if len(words) != 4 || words[0] != "fengsui-leaf/v1" {
		return fmt.Errorf("another header")
	}
	if _, err := fmt.Sscanf(words[3], "%d", &rx); err != nil || rx < r.lastRx {
		return fmt.Errorf("receipt times go backwards")
	}
	if words[2] != r.unit {
		return fmt.Errorf("names another unit than the log")
	}
	r.lastRx = rx
	kind := words[1]
	keys, err := r.signers(kind, record)
	if err != nil {
		return err
	}
	n, err := note.Open(record, note.VerifierList(keys...))
	if err != nil {
		return err
	}
	if len(n.UnverifiedSigs) != 0 {
		return fmt.Errorf("signed also by a key that may not sign it")
	}
	first, text, _ := strings.Cut(n.Text, "\n")
	var b body
	if err := json.Unmarshal([]byte(text), &b); err != nil || first != "fengsui-rec/v1 "+kind {
		return fmt.Errorf("another type line, or no JSON: %v", err)
	}
	r.counts["notes"]++
	if kind == "enrol" {
		ik, err := note.NewVerifier(b.Ik)
		if err != nil || ik.Name() != b.Ag {
			return fmt.Errorf("identity key of %s: %v", b.Ag, err)
		}
		r.agents[b.Ag] = &agent{identity: ik}
	}
	if kind == "seal" {
		if err := r.root("seal", b.N, b.H, index); err != nil {
			return err
		}
	}
	if kind == "boot" || kind == "hb" || kind == "find" {
		return r.chain(index, kind, &b, record)
	}
	return nil
}

// signers are the keys that may sign a record of the kind at this place of the log.
func (r *replay) signers(kind string, record []byte) ([]note.Verifier, error) {
	switch kind {
	case "scope", "enrol", "revoke", "maint", "incident", "gap-explained":
		return r.trust.operators, nil
	case "seal", "gap", "rules", "shard":
		return r.trust.collectors, nil
	case "boot", "hb", "find":
		var b body
		lines := bytes.SplitN(record, []byte("\n"), 3)
		if len(lines) < 3 || json.Unmarshal(lines[1], &b) != nil {
			return nil, fmt.Errorf("no JSON in its second line")
		}
		a := r.agents[b.Ag]
		if a == nil {
			return nil, fmt.Errorf("agent %q is not enrolled", b.Ag)
		}
		if kind == "boot" {
			return []note.Verifier{a.identity}, nil
		}
		if a.epoch == nil {
			return nil, fmt.Errorf("agent %q has not booted", b.Ag)
		}
		return []note.Verifier{a.epoch}, nil
	}
	return nil, fmt.Errorf("kind %q is unknown to this client", kind)
}

func (r *replay) chain(index int64, kind string, b *body, record []byte) error {
	a := r.agents[b.Ag]
	if b.Sq != a.sq+1 {
		return fmt.Errorf("record %d of %s follows record %d", b.Sq, b.Ag, a.sq)
	}
	if b.Pv != base64.StdEncoding.EncodeToString(a.pv[:]) {
		return fmt.Errorf("record %d of %s does not name the record before it", b.Sq, b.Ag)
	}
	a.sq = b.Sq
	a.pv = sha256.Sum256(append([]byte("fengsui-rec-chain/v1\n"), record...))
	r.counts["chained"]++
	next := b.Nx
	if kind == "boot" {
		next, a.epochNumber = b.E0, b.Ep
	}
	if b.Ep != a.epochNumber {
		return fmt.Errorf("record %d of %s names epoch %d, its key is of %d", b.Sq, b.Ag, b.Ep, a.epochNumber)
	}
	if kind == "find" {
		return nil
	}
	key, err := note.NewVerifier(next)
	if err != nil || key.Name() != fmt.Sprintf("%s#e%d", b.Ag, b.Sq) {
		return fmt.Errorf("record %d of %s announces a key under another name: %v", b.Sq, b.Ag, err)
	}
	a.epoch, a.epochNumber = key, b.Sq
	r.counts["keys"]++
	if kind == "hb" {
		if b.Bk == nil {
			return fmt.Errorf("a heartbeat without a beacon")
		}
		r.counts["beacons"]++
		return r.root("beacon", b.Bk.N, b.Bk.H, index)
	}
	return nil
}

// root asks tlog for the root of the first n leaves and compares it with what the record at index says.
func (r *replay) root(what string, n int64, want string, index int64) error {
	if n > index {
		return fmt.Errorf("a %s of %d leaves, more than came before it", what, n)
	}
	own := tlog.Hash(sha256.Sum256(nil)) // the empty tree, for which tlog has no hash
	if n > 0 {
		var err error
		if own, err = tlog.TreeHash(n, r.hashes); err != nil {
			return err
		}
	}
	if own.String() != want {
		return fmt.Errorf("a %s with another root than the log's at %d", what, n)
	}
	return nil
}

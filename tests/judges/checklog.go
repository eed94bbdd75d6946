// Command checklog judges a record with code that is not ours: golang.org/x/mod/sumdb, which checks Go's modules.
//
//	checklog FOLDER VKEY
//	checklog proofs < CASES
//
// It opens the checkpoint as a signed note, rebuilds the tree from the entry bundles, compares the root and every
// tile with it, and proves some entries through TileHashReader. It prints what it refuses and exits with 1.
// With "proofs" it reads proofs as JSON and prints, for each, why it refuses it, or nothing.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if os.Args[1] == "proofs" {
		if err := judgeProofs(); err != nil {
			fmt.Println("refused:", err)
			os.Exit(1)
		}
		return
	}
	size, err := judge(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
	fmt.Println("accepted:", size, "entries")
}

func judge(folder, vkey string) (int64, error) {
	tree, err := checkpoint(folder, vkey)
	if err != nil {
		return 0, err
	}
	hashes, leaves, err := rebuild(folder, tree.N)
	if err != nil {
		return 0, err
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return 0, err
	}
	if root != tree.Hash {
		return 0, errors.New("the entries do not give the signed root")
	}
	if err := compareTiles(folder, tree.N, hashes); err != nil {
		return 0, err
	}
	return tree.N, prove(folder, tree, leaves)
}

// checkpoint is the tree that the key of vkey signed.
func checkpoint(folder, vkey string) (tree tlog.Tree, err error) {
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return tree, err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tree, errors.New("the checkpoint is not three lines under the name of its key")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || copy(tree.Hash[:], root) != tlog.HashSize {
		return tree, errors.New("the root is not 32 bytes")
	}
	return tree, nil
}

// path is where a tile lies: as in sumdb, but without the height and with "entries" for "data".
func path(folder string, tile tlog.Tile) string {
	name := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
	return filepath.Join(folder, strings.Replace(name, "tile/data/", "tile/entries/", 1))
}

// memory holds the stored hashes of a tree.
type memory []tlog.Hash

func (m memory) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		if x >= int64(len(m)) {
			return nil, fmt.Errorf("no hash %d", x)
		}
		found[i] = m[x]
	}
	return found, nil
}

// rebuild hashes every entry of the bundles.
func rebuild(folder string, size int64) (hashes memory, leaves []tlog.Hash, err error) {
	for start := int64(0); start < size; start += 1 << height {
		width := min(size-start, 1<<height)
		bundle := tlog.Tile{H: height, L: -1, N: start >> height, W: int(width)}
		data, err := os.ReadFile(path(folder, bundle))
		if err != nil {
			return nil, nil, err
		}
		for range width {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, nil, fmt.Errorf("%s is torn", bundle.Path())
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			leaf := tlog.RecordHash(data[2:end])
			stored, err := tlog.StoredHashesForRecordHash(int64(len(leaves)), leaf, hashes)
			if err != nil {
				return nil, nil, err
			}
			leaves, hashes, data = append(leaves, leaf), append(hashes, stored...), data[end:]
		}
		if len(data) != 0 {
			return nil, nil, fmt.Errorf("%s holds more than its entries", bundle.Path())
		}
	}
	return hashes, leaves, nil
}

func compareTiles(folder string, size int64, hashes memory) error {
	for _, tile := range tlog.NewTiles(height, 0, size) {
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(path(folder, tile))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s is not what the entries give", tile.Path())
		}
	}
	return nil
}

// reader reads tiles as a stranger's client would.
type reader struct{ folder string }

func (r reader) Height() int                     { return height }
func (r reader) SaveTiles([]tlog.Tile, [][]byte) {}
func (r reader) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		one, err := os.ReadFile(path(r.folder, tile))
		if err != nil {
			return nil, err
		}
		data = append(data, one)
	}
	return data, nil
}

// prove proves up to nine entries, the first and the last among them.
func prove(folder string, tree tlog.Tree, leaves []tlog.Hash) error {
	if tree.N == 0 {
		return nil
	}
	hashes := tlog.TileHashReader(tree, reader{folder})
	for i := int64(0); i <= 8; i++ {
		index := (tree.N - 1) * i / 8
		proof, err := tlog.ProveRecord(tree.N, index, hashes)
		if err != nil {
			return err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index]); err != nil {
			return err
		}
	}
	return nil
}

// A proof is one of inclusion, of Node at Index, or of consistency, with the tree of Old entries whose root is Node.
type proof struct {
	Index *int64
	Old   int64
	Size  int64
	Root  []byte
	Node  []byte
	Proof [][]byte
}

func judgeProofs() error {
	var proofs []proof
	if err := json.NewDecoder(os.Stdin).Decode(&proofs); err != nil {
		return err
	}
	refusals := make([]string, len(proofs))
	for i, one := range proofs {
		if err := one.check(); err != nil {
			refusals[i] = err.Error()
		}
	}
	return json.NewEncoder(os.Stdout).Encode(refusals)
}

func (p proof) check() error {
	root, node := hash(p.Root), hash(p.Node)
	hashes := make([]tlog.Hash, len(p.Proof))
	for i, data := range p.Proof {
		hashes[i] = hash(data)
	}
	if p.Index != nil {
		return tlog.CheckRecord(hashes, p.Size, root, *p.Index, node)
	}
	return tlog.CheckTree(hashes, p.Size, root, p.Old, node)
}

func hash(data []byte) (h tlog.Hash) {
	copy(h[:], data)
	return h
}

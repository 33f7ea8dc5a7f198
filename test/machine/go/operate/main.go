// Changes files as a script says, by one system call for each step where one does it, and says what it ended with.
// Runs inside containers, so that what a kernel makes of the calls can be compared with what Lamina makes of them.
//
// Standard input is a JSON object a line: a step, or {"do":"list"} for everything at and below a path. Standard output
// is a JSON value a line: of a step the name of its error, empty for none; of a list its files. Texts hold a byte in each
// character, U+0000 to U+00FF.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"syscall"
	"unsafe"
)

type step struct {
	Do     string `json:"do"`
	Path   text   `json:"path"`
	To     text   `json:"to"`
	Text   text   `json:"text"`
	Target text   `json:"target"`
	Name   text   `json:"name"`
	Value  text   `json:"value"`
	Mtime  string `json:"mtime"`
	Node   string `json:"node"`
	IsLink bool   `json:"isLink"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
	Mode   uint32 `json:"mode"`
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
}

func main() {
	syscall.Umask(0o022)
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 64<<20)
	output := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(output)
	for input.Scan() {
		var next step
		if err := json.Unmarshal(input.Bytes(), &next); err != nil {
			panic(err)
		}
		if err := encoder.Encode(answer(next)); err != nil {
			panic(err)
		}
	}
	output.Flush()
}

func answer(next step) any {
	if next.Do == "list" {
		return list(string(next.Path))
	}
	return nameOf(perform(next))
}

func perform(next step) error {
	path, to := string(next.Path), string(next.To)
	switch next.Do {
	case "writeFile":
		return edit(path, syscall.O_CREAT|syscall.O_TRUNC, 0, next.Text)
	case "append":
		return edit(path, syscall.O_APPEND, 0, next.Text)
	case "write":
		return edit(path, 0, next.Offset, next.Text)
	case "truncate":
		return syscall.Truncate(path, next.Size)
	case "mkdir":
		return syscall.Mkdir(path, 0o777)
	case "symlink":
		return syscall.Symlink(string(next.Target), path)
	case "makeNode":
		return makeNode(path, next.Node)
	case "link":
		return syscall.Link(path, to)
	case "rename":
		return rename(path, to)
	case "unlink":
		return syscall.Unlink(path)
	case "rmdir":
		return syscall.Rmdir(path)
	case "removeAll":
		return removeAll(path)
	case "chmod":
		return syscall.Chmod(path, next.Mode)
	case "chown":
		if next.IsLink {
			return syscall.Lchown(path, next.UID, next.GID)
		}
		return syscall.Chown(path, next.UID, next.GID)
	case "utimes":
		return setTime(path, timeOf(next.Mtime), next.IsLink)
	case "setXattr":
		return syscall.Setxattr(path, string(next.Name), []byte(string(next.Value)), 0)
	}
	panic("no such step: " + next.Do)
}

// What is no file is not written to: a pipe would wait for its reader, and a device is not part of the tree.
var errNoFile = syscall.Errno(0xfff)

func edit(path string, flags int, offset int64, content text) error {
	file, err := syscall.Open(path, flags|syscall.O_WRONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0o666)
	if err == syscall.ENXIO {
		return errNoFile
	}
	if err != nil {
		return err
	}
	defer syscall.Close(file)
	var status syscall.Stat_t
	if err := syscall.Fstat(file, &status); err != nil {
		return err
	}
	if status.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return errNoFile
	}
	if len(content) == 0 {
		return nil
	}
	if flags&syscall.O_APPEND == 0 {
		_, err = syscall.Pwrite(file, []byte(string(content)), offset)
	} else {
		_, err = syscall.Write(file, []byte(string(content)))
	}
	return err
}

func makeNode(path, node string) error {
	if node == "fifo" {
		return syscall.Mknod(path, syscall.S_IFIFO|0o666, 0)
	}
	if node == "block" {
		return syscall.Mknod(path, syscall.S_IFBLK|0o666, 7<<8|1)
	}
	return syscall.Mknod(path, syscall.S_IFCHR|0o666, 1<<8|3)
}

// As mv: what cannot be renamed, a folder of a lower layer, is made anew and moved piece by piece.
func rename(from, to string) error {
	err := syscall.Rename(from, to)
	if err != syscall.EXDEV {
		return err
	}
	if _, err := statusOf(to); err == nil {
		if err := syscall.Rmdir(to); err != nil {
			return err
		}
	}
	return moveFolder(from, to, map[uint64]string{})
}

// Files with several names keep them: among each other, and where they are the container's also those elsewhere.
func moveFolder(from, to string, moved map[uint64]string) error {
	status, err := statusOf(from)
	if err != nil {
		return err
	}
	if err := syscall.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, name := range namesIn(from) {
		if err := moveChild(from+"/"+name, to+"/"+name, moved); err != nil {
			return err
		}
	}
	for _, attribute := range attributesOf(from) {
		if err := syscall.Setxattr(to, string(attribute[0]), []byte(string(attribute[1])), 0); err != nil {
			return err
		}
	}
	for _, err := range []error{
		syscall.Chown(to, int(status.Uid), int(status.Gid)),
		syscall.Chmod(to, status.Mode&0o7777),
		setTime(to, status.Mtim, false),
	} {
		if err != nil {
			return err
		}
	}
	return syscall.Rmdir(from)
}

func moveChild(from, to string, moved map[uint64]string) error {
	status, err := statusOf(from)
	if err != nil {
		return err
	}
	if status.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return moveFolder(from, to, moved)
	}
	first, isKnown := moved[status.Ino]
	if !isKnown {
		moved[status.Ino] = to
		err := syscall.Rename(from, to)
		if status, problem := statusOf(to); problem == nil {
			moved[status.Ino] = to
		}
		return err
	}
	if err := syscall.Link(first, to); err != nil {
		return err
	}
	return syscall.Unlink(from)
}

func removeAll(path string) error {
	status, err := statusOf(path)
	if err != nil {
		return err
	}
	if status.Mode&syscall.S_IFMT != syscall.S_IFDIR {
		return syscall.Unlink(path)
	}
	for _, name := range namesIn(path) {
		if err := removeAll(path + "/" + name); err != nil {
			return err
		}
	}
	return syscall.Rmdir(path)
}

func setTime(path string, time syscall.Timespec, isLink bool) error {
	times := [2]syscall.Timespec{time, time}
	flags := 0
	if isLink {
		flags = symlinkNofollow
	}
	at := currentFolder
	_, _, code := syscall.Syscall6(syscall.SYS_UTIMENSAT, uintptr(at), pointer(path),
		uintptr(unsafe.Pointer(&times)), uintptr(flags), 0, 0)
	return orNil(code)
}

const (
	currentFolder   = -0x64
	symlinkNofollow = 0x100
)

func statusOf(path string) (syscall.Stat_t, error) {
	var status syscall.Stat_t
	return status, syscall.Lstat(path, &status)
}

func pointer(path string) uintptr {
	bytes, err := syscall.BytePtrFromString(path)
	if err != nil {
		panic(err)
	}
	pinned = append(pinned, bytes)
	return uintptr(unsafe.Pointer(bytes))
}

// What the kernel is still to read stays where it is.
var pinned []*byte

func orNil(code syscall.Errno) error {
	if code == 0 {
		return nil
	}
	return code
}

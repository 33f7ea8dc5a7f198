package main

import (
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

type file struct {
	Path   text      `json:"path"`
	Type   string    `json:"type"`
	Mode   uint32    `json:"mode"`
	UID    uint32    `json:"uid"`
	GID    uint32    `json:"gid"`
	Mtime  string    `json:"mtime"`
	Text   text      `json:"content"`
	Link   text      `json:"link"`
	Device string    `json:"dev"`
	Xattrs [][2]text `json:"xattrs"`
	Inode  string    `json:"inode"`
}

// Everything at and below a path; nothing when there is nothing.
func list(path string) []file {
	found := []file{}
	if status, err := statusOf(path); err == nil {
		found = append(found, describe(path, status))
		if status.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			for _, name := range namesIn(path) {
				found = append(found, list(filepath.Join(path, name))...)
			}
		}
	}
	return found
}

var types = map[uint32]string{
	syscall.S_IFREG: "file",
	syscall.S_IFDIR: "dir",
	syscall.S_IFLNK: "symlink",
	syscall.S_IFCHR: "char",
	syscall.S_IFBLK: "block",
	syscall.S_IFIFO: "fifo",
}

func describe(path string, status syscall.Stat_t) file {
	found := file{
		Path:   text(path),
		Type:   types[status.Mode&syscall.S_IFMT],
		Mode:   status.Mode & 0o7777,
		UID:    status.Uid,
		GID:    status.Gid,
		Mtime:  strconv.FormatInt(status.Mtim.Sec, 10),
		Xattrs: attributesOf(path),
		Inode:  strconv.FormatUint(status.Dev, 10) + " " + strconv.FormatUint(status.Ino, 10),
	}
	if status.Mtim.Nsec != 0 {
		part := strconv.FormatInt(status.Mtim.Nsec, 10)
		found.Mtime += "." + strings.Repeat("0", 9-len(part)) + part
	}
	switch found.Type {
	case "file":
		content, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		found.Text = text(content)
	case "symlink":
		target, err := os.Readlink(path)
		if err != nil {
			panic(err)
		}
		found.Link = text(target)
	case "char", "block":
		major, minor := status.Rdev>>8&0xfff, status.Rdev&0xff|status.Rdev>>12&^0xff
		found.Device = strconv.FormatUint(major, 10) + ":" + strconv.FormatUint(minor, 10)
	}
	return found
}

func namesIn(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		panic(err)
	}
	names := make([]string, len(entries))
	for at, entry := range entries {
		names[at] = entry.Name()
	}
	sort.Strings(names)
	return names
}

// Extended attributes of the path itself, sorted by name.
func attributesOf(path string) [][2]text {
	found := [][2]text{}
	for _, name := range strings.Split(string(read(syscall.SYS_LLISTXATTR, path, "")), "\x00") {
		if name != "" {
			found = append(found, [2]text{text(name), text(read(syscall.SYS_LGETXATTR, path, name))})
		}
	}
	sort.Slice(found, func(one, other int) bool { return found[one][0] < found[other][0] })
	return found
}

func read(call uintptr, path, name string) []byte {
	buffer := make([]byte, 64<<10)
	place, size := uintptr(unsafe.Pointer(&buffer[0])), uintptr(len(buffer))
	var length uintptr
	var code syscall.Errno
	if name == "" {
		length, _, code = syscall.Syscall(call, pointer(path), place, size)
	} else {
		length, _, code = syscall.Syscall6(call, pointer(path), pointer(name), place, size, 0, 0)
	}
	if code == syscall.ENOTSUP {
		return nil
	}
	if code != 0 {
		panic(path + ": " + code.Error())
	}
	return buffer[:length]
}

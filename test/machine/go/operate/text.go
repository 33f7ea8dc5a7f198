package main

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"syscall"
)

// Bytes, which JSON has as a character each.
type text string

func (bytes *text) UnmarshalJSON(source []byte) error {
	var characters string
	if err := json.Unmarshal(source, &characters); err != nil {
		return err
	}
	found := []byte{}
	for _, character := range characters {
		found = append(found, byte(character))
	}
	*bytes = text(found)
	return nil
}

func (bytes text) MarshalJSON() ([]byte, error) {
	characters := []rune{}
	for at := 0; at < len(bytes); at++ {
		characters = append(characters, rune(bytes[at]))
	}
	return json.Marshal(string(characters))
}

var names = map[syscall.Errno]string{
	syscall.EACCES:       "EACCES",
	syscall.EBUSY:        "EBUSY",
	syscall.EEXIST:       "EEXIST",
	syscall.EINVAL:       "EINVAL",
	syscall.EISDIR:       "EISDIR",
	syscall.ELOOP:        "ELOOP",
	syscall.EMLINK:       "EMLINK",
	syscall.ENAMETOOLONG: "ENAMETOOLONG",
	syscall.ENOENT:       "ENOENT",
	syscall.ENOTDIR:      "ENOTDIR",
	syscall.ENOTEMPTY:    "ENOTEMPTY",
	syscall.ENOTSUP:      "ENOTSUP",
	syscall.EPERM:        "EPERM",
	syscall.EXDEV:        "EXDEV",
	errNoFile:            "no file",
}

func nameOf(err error) string {
	if err == nil {
		return ""
	}
	var code syscall.Errno
	if errors.As(err, &code) && names[code] != "" {
		return names[code]
	}
	return err.Error()
}

// Decimal seconds, up to nine places.
func timeOf(seconds string) syscall.Timespec {
	whole, part, _ := strings.Cut(seconds, ".")
	part += strings.Repeat("0", 9-len(part))
	return syscall.Timespec{Sec: number(whole), Nsec: number(part)}
}

func number(digits string) int64 {
	value, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

package config

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// hiddenError is the fault of a value that may be a key: the value is not repeated.
type hiddenError struct{ error }

var (
	keyWord   = regexp.MustCompile(`[A-Za-z0-9+=]{16,}`)
	keyID     = regexp.MustCompile(`LTAI[A-Za-z0-9]{12,}`)
	bareWord  = regexp.MustCompile(`^[A-Za-z0-9]{8,}$`)
	longToken = regexp.MustCompile(`^[A-Za-z0-9+][A-Za-z0-9+/=]{39,}$`)
)

// looksLikeKey reports whether word may be an access key or a token: long, in both cases, and with digits.
func looksLikeKey(word string) bool {
	isMixed := strings.ToLower(word) != word && strings.ToUpper(word) != word
	return keyID.MatchString(word) || isMixed && (strings.ContainsAny(word, "0123456789") || len(word) >= 24)
}

// hidden stands in place of a word that may be a key.
const hidden = "(hidden)"

// withoutKeys returns text with a mark in place of each word that may be a key.
func withoutKeys(text string) string {
	return keyWord.ReplaceAllStringFunc(text, func(word string) string {
		if looksLikeKey(word) {
			return hidden
		}
		return word
	})
}

// secretPath accepts the path of a file with a secret, and refuses the secret itself.
func (p *parser) secretPath(text string) (string, error) {
	if bareWord.MatchString(text) || longToken.MatchString(text) && looksLikeKey(text) {
		return "", hiddenError{errors.New("looks like a key, and no key belongs in this file; " +
			"write the path of a file that holds it, such as /run/secrets/oss/key, or ./NAME for one beside this file")}
	}
	return p.path(text)
}

// inlineKeys are the folded names of keys under which a secret is written, with the key that names its file.
func inlineKeys() map[string]string {
	const id, key, token = "access_key_id_file", "access_key_secret_file", "security_token_file"
	return map[string]string{
		"accesskeyid": id, "accesskey": id, "ak": id, "accessid": id,
		"accesskeysecret": key, "sk": key, "secret": key, "secretkey": key, "secretaccesskey": key, "keysecret": key, "password": key,
		"securitytoken": token, "ststoken": token, "sessiontoken": token, "token": token,
	}
}

// unknownKey is the fault of a key that is not known, with the remedy. It does not repeat the value.
func unknownKey(name string, known []string) string {
	if file, isSecret := inlineKeys()[fold(name)]; isSecret {
		return "unknown key " + strconv.Quote(name) + ": no key belongs in this file; write " + strconv.Quote(file) +
			" below credentials of type static_files, with the path of a file that holds it"
	}
	return "unknown key " + quoteKey(name) + "; " + suggest(name, known, otherNames())
}

// quote shows a value on one line, cut to a readable length. The part before an "@" may be a password, and a word may be
// a key: both are left out.
func quote(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = "…" + text[at:]
	}
	return quoteKey(withoutKeys(text))
}

// quoteKey shows a name on one line, cut to a readable length.
func quoteKey(text string) string {
	if runes := []rune(text); len(runes) > 64 {
		text = string(runes[:64]) + "…"
	}
	return strconv.Quote(text)
}

package credentials

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"oss_cname_exporter/internal/secret"
)

// Profile is one profile in the configuration file of Alibaba Cloud's CLI.
type Profile struct {
	File     string              // "" is ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json
	Name     string              // "" is ALIBABA_CLOUD_PROFILE and its kin, else the file's current one, else "default"
	Getenv   func(string) string // os.Getenv or a stand-in
	STS      STS                 // for profiles that assume a role and name no STS
	VPC      bool                // the STS of a region that the profile names is the one inside its network
	Metadata string              // as Instance.Endpoint
}

// FromProfile gets keys the way the CLI would. It reads the file each time it
// is asked, and starts anew when the file has changed; it never writes to it.
func FromProfile(p Profile) Source { return p.reader() }

// Check returns the fault of the file or of the profile in it; nil is none. It
// asks no service for a key.
func (p Profile) Check(ctx context.Context) error {
	r := p.reader()
	if _, err := r.source(ctx); err != nil {
		return r.failed(err)
	}
	return nil
}

func (p Profile) reader() *profileReader {
	p.File = cmp.Or(p.File, p.Getenv("ALIBABA_CLOUD_CONFIG_FILE"), filepath.Join(p.Getenv("HOME"), ".aliyun", "config.json"))
	p.Name = cmp.Or(p.Name, p.Getenv("ALIBABACLOUD_PROFILE"), p.Getenv("ALIBABA_CLOUD_PROFILE"), p.Getenv("ALICLOUD_PROFILE"))
	return &profileReader{Profile: p, file: NewFile(p.File)}
}

// profileReader is the Source that a profile describes.
type profileReader struct {
	Profile
	file *File

	mu   sync.Mutex // guards all below
	text string     // of the file, when from was made
	from Source     // the source that the profile describes; nil is not read yet
}

// Key implements Source.
func (r *profileReader) Key(ctx context.Context) (secret.Key, error) {
	from, err := r.source(ctx)
	if err != nil {
		return secret.Key{}, r.failed(err)
	}
	return from.Key(ctx)
}

func (r *profileReader) failed(err error) error {
	return fmt.Errorf("reading profile_file %q: %w", r.File, err)
}

func (r *profileReader) source(ctx context.Context) (Source, error) {
	text, err := r.file.Read(ctx)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from != nil && text == r.text {
		return r.from, nil
	}
	config, err := parseCLIConfig(text)
	if err != nil {
		return nil, err
	}
	from, err := r.open(config, cmp.Or(r.Name, config.Current), 0)
	if err != nil {
		return nil, err
	}
	if r.from != nil {
		go r.from.Stop() // the file no longer describes it
	}
	r.text, r.from = text, from
	return from, nil
}

// Invalidate implements Source.
func (r *profileReader) Invalidate(token secret.Value) (retry bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.from != nil && r.from.Invalidate(token)
}

// Stop implements Source.
func (r *profileReader) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from != nil {
		r.from.Stop()
	}
}

// open returns the source that a profile describes; depth is how many others
// lead to it.
func (r *profileReader) open(config cliConfig, name string, depth int) (Source, error) {
	p, err := config.profile(name)
	if err != nil {
		return nil, err
	}
	if depth > len(config.Profiles) {
		return nil, fmt.Errorf("profile %q is its own source_profile", name)
	}
	m, err := p.mode()
	if err != nil {
		return nil, err
	}
	p.Mode = m.name
	return m.open(r, config, p, depth)
}

// fixed is the key that a profile spells out.
func (*profileReader) fixed(_ cliConfig, p cliProfile, _ int) (Source, error) { return p.fixed(), nil }

func (p cliProfile) fixed() Source {
	return direct(func(context.Context) (secret.Key, error) {
		key := p.key()
		if p.Mode == modeAK {
			key.Token = ""
		}
		switch {
		case key.ID == "" || key.Secret == "":
			return secret.Key{}, fmt.Errorf("profile %q has no key; write it with aliyun configure --profile", p.Name)
		case p.Mode == modeStsToken && key.Token == "":
			return secret.Key{}, fmt.Errorf("profile %q has no sts_token; write it with aliyun configure --mode StsToken --profile", p.Name)
		}
		key, err := key.Trimmed()
		if err != nil {
			return secret.Key{}, fmt.Errorf("profile %q: %w", p.Name, err)
		}
		return key, nil
	})
}

func (p cliProfile) role() Role {
	return Role{
		ARN: p.RAMRoleARN, SessionName: p.RAMSessionName, Policy: p.Policy, ExternalID: p.ExternalID,
		Duration: time.Duration(p.ExpiredSeconds) * time.Second,
	}
}

// roleOfKey assumes the role with the key that the profile spells out.
func (r *profileReader) roleOfKey(_ cliConfig, p cliProfile, _ int) (Source, error) {
	return r.assume(p, p.fixed())
}

// roleOfInstance assumes the role with the key of the instance.
func (r *profileReader) roleOfInstance(config cliConfig, p cliProfile, depth int) (Source, error) {
	source, err := r.instance(config, p, depth)
	if err != nil {
		return nil, err
	}
	return r.assume(p, source)
}

// roleOfProfile assumes the role with the key of another profile.
func (r *profileReader) roleOfProfile(config cliConfig, p cliProfile, depth int) (Source, error) {
	source, err := r.open(config, p.SourceProfile, depth+1)
	if err != nil {
		return nil, err
	}
	return r.assume(p, source)
}

func (r *profileReader) assume(p cliProfile, source Source) (Source, error) {
	sts, err := r.sts(p)
	if err != nil {
		return nil, err
	}
	return sts.FromRole(source, p.role()), nil
}

func (r *profileReader) oidc(_ cliConfig, p cliProfile, _ int) (Source, error) {
	sts, err := r.sts(p)
	if err != nil {
		return nil, err
	}
	return sts.FromOIDC(OIDC{ProviderARN: p.OIDCProviderARN, TokenFile: p.OIDCTokenFile}, p.role()), nil
}

// sts returns the STS that a profile names, the account's if it names none.
func (r *profileReader) sts(p cliProfile) (STS, error) {
	sts := r.STS
	switch host, ok := strings.CutPrefix(p.StsEndpoint, "http://"); {
	case ok:
		return sts, fmt.Errorf("profile %q: keys do not travel in the clear; write sts_endpoint as https://%s", p.Name, host)
	case p.StsEndpoint != "":
		sts.Endpoint = "https://" + strings.TrimPrefix(p.StsEndpoint, "https://")
	case p.StsRegion != "":
		sts.Endpoint = STSEndpoint(p.StsRegion, p.EnableVPC || r.VPC)
	}
	return sts, nil
}

func (r *profileReader) instance(_ cliConfig, p cliProfile, _ int) (Source, error) {
	return FromInstance(Instance{Role: p.RAMRoleName, Endpoint: r.Metadata, Getenv: r.Getenv, Now: r.STS.Now}), nil
}

// external runs the profile's program as the CLI does, without a shell.
func (r *profileReader) external(_ cliConfig, p cliProfile, _ int) (Source, error) {
	words, err := splitWords(p.ProcessCommand)
	if err == nil && len(words) == 0 {
		err = errors.New("there is none")
	}
	if err != nil {
		return nil, fmt.Errorf("process_command of profile %q: %w; write the program with its full path", p.Name, err)
	}
	return newCached(r.STS.Now, func(ctx context.Context) (secret.Key, error) {
		return keyOfProgram(ctx, words[0], words[0], words[1:]...)
	}), nil
}

// splitWords splits a command at blanks that are not inside quotes.
func splitWords(command string) (words []string, err error) {
	var word strings.Builder
	var quote rune
	inWord := false
	for _, c := range command {
		switch {
		case c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '\'' || c == '"':
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(c)
			inWord = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

package osstest

import (
	"context"
	"net"
	"net/http"
	"time"

	"oss_cname_exporter/internal/domain"
)

// Behaviour answers one request in place of the genuine handler, or with its help. The common headers are already
// set when its handler runs, and the request's context ends when the client leaves or the server closes.
type Behaviour func(genuine http.Handler) http.Handler

// script is a series of Behaviours. The nil script is genuine.
type script struct {
	behaviours []Behaviour
	played     int
}

func (s *script) next() Behaviour {
	if s == nil {
		return nil
	}
	b := s.behaviours[s.played%len(s.behaviours)]
	s.played++
	return b
}

// Behave scripts the answers to GetCnameToken about d, or with Cname "" those to ListCname about the bucket, or with
// the zero Domain those to ListBuckets, signed or not: the k-th request from now, counted from 0, gets behaviours[k%len(behaviours)]. None restores the genuine answer.
func (s *Server) Behave(d domain.Name, behaviours ...Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d = canonical(d)
	if len(behaviours) == 0 {
		delete(s.scripts, d)
		return
	}
	s.scripts[d] = &script{behaviours: behaviours}
}

// Genuine is the answer of an unscripted server.
func Genuine(genuine http.Handler) http.Handler { return genuine }

// Hang never answers.
func Hang(http.Handler) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// Delay answers genuinely after d, on the machine's clock.
func Delay(d time.Duration) Behaviour {
	return func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			timer := time.NewTimer(d)
			defer timer.Stop()
			select {
			case <-timer.C:
				genuine.ServeHTTP(w, r)
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			}
		})
	}
}

// Fail answers with OSS's error document. ec may be "".
func Fail(status int, code, ec string) Behaviour {
	return func(http.Handler) http.Handler {
		return refusal{status: status, Code: code, EC: ec, Message: "This answer was scripted."}
	}
}

// Reply answers with body, whatever it is. header is pairs of name and value; they replace the common headers.
func Reply(status int, body string, header ...string) Behaviour {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
}

// Raw hands the connection to fault, for faults that no HTTP answer has: to close it, to reset it, to write half a
// header. The connection is closed when fault returns, and under it when the server closes.
func Raw(fault func(net.Conn)) Behaviour {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(http.ErrAbortHandler)
			}
			defer conn.Close()
			defer context.AfterFunc(r.Context(), func() { conn.Close() })()
			fault(conn)
		})
	}
}

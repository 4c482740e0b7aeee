// The cases in Go: goroutines, and a channel each where others have a mailbox.
// floor.c says what the cases are, measure.h how the program is called.
//
// A channel is what one writes in Go: of the thing itself, 64 bytes by value,
// with room for one where a process is answered before it is asked again, for
// 1,024 where many send to one. Go has no selective receive: "selective" has the
// other messages in one channel and the answers in another, which is what one
// does instead.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	room    = 1024
	colours = 3
	rest    = time.Millisecond
)

type payload [64]byte

var done = make(chan uint64, 1)

// How long it takes from the start of all until n have said that they are done.
func run(start chan struct{}, n int) time.Duration {
	from := time.Now()
	close(start)
	for i := 0; i < n; i++ {
		<-done
	}
	return time.Since(from)
}

func each(d time.Duration, n int) float64 {
	return float64(d.Nanoseconds()) / float64(n)
}

func pingpong(n, size int) float64 {
	couples := size / 2
	count := n/couples + 1
	start := make(chan struct{})
	for i := 0; i < couples; i++ {
		ping, pong := make(chan payload, 1), make(chan payload, 1)
		go func() {
			for bytes := range pong {
				ping <- bytes
			}
		}()
		go func() {
			var bytes payload
			<-start
			for i := 0; i < count; i++ {
				pong <- bytes
				bytes = <-ping
			}
			close(pong)
			done <- 0
		}()
	}
	return each(run(start, couples), count*couples)
}

func ring(n, size int) float64 {
	first := make(chan uint64, 1)
	in := first
	for i := 0; i < size; i++ {
		out := first
		if i < size-1 {
			out = make(chan uint64, 1)
		}
		go func(in, out chan uint64) {
			for left := range in {
				if left > 0 {
					out <- left - 1
				} else {
					done <- 0
				}
			}
			if out != first {
				close(out)
			}
		}(in, out)
		in = out
	}
	from := time.Now()
	first <- uint64(n)
	<-done
	took := time.Since(from)
	close(first)
	return each(took, n)
}

// So many that wait; they end when the channel is closed.
func idle(n int) chan uint64 {
	stop := make(chan uint64)
	for i := 0; i < n; i++ {
		go func() { <-stop }()
	}
	return stop
}

func spawn(n, size int) float64 {
	defer close(idle(size))
	from := time.Now()
	for i := 0; i < n; i++ {
		go func() { done <- 1 }()
		<-done
	}
	return each(time.Since(from), n)
}

func spawnCall(n, size int) float64 {
	defer close(idle(size))
	from := time.Now()
	for i := 0; i < n; i++ {
		mailbox := make(chan uint64, 1)
		go func() { done <- <-mailbox }()
		mailbox <- 1
		<-done
	}
	return each(time.Since(from), n)
}

func fanin(n, size int) float64 {
	count := n/size + 1
	start, to := make(chan struct{}), make(chan payload, room)
	go func() {
		for i := 0; i < count*size; i++ {
			<-to
		}
		done <- 0
	}()
	for i := 0; i < size; i++ {
		go func() {
			var bytes payload
			<-start
			for i := 0; i < count; i++ {
				to <- bytes
			}
		}()
	}
	return each(run(start, 1), count*size)
}

type greeting struct {
	from   int
	isPong bool
}

func big(n, size int) float64 {
	var took time.Duration
	sent := 0
	for sent < n {
		all := make([]chan greeting, size)
		start := make(chan struct{})
		for i := range all {
			// Room for all that can come: nobody waits to send.
			all[i] = make(chan greeting, 2*size)
		}
		for i := range all {
			go func(self int) {
				<-start
				for i, other := range all {
					if i != self {
						other <- greeting{self, false}
					}
				}
				for i := 0; i < 2*(size-1); i++ {
					if g := <-all[self]; !g.isPong {
						all[g.from] <- greeting{self, true}
					}
				}
				done <- 0
			}(i)
		}
		took += run(start, size)
		sent += 2 * size * (size - 1)
	}
	return each(took, sent)
}

// Who asks for company, and who was met.
type guest struct {
	mailbox chan guest
	colour  uint64
	isStop  bool
}

func complement(a, b uint64) uint64 {
	if a == b {
		return a
	}
	return colours - a - b
}

func mall(in chan guest, meetings, creatures int) {
	for i := 0; i < meetings; i++ {
		first, second := <-in, <-in
		first.mailbox <- second
		second.mailbox <- first
	}
	for i := 0; i < creatures; i++ {
		g := <-in
		g.mailbox <- guest{isStop: true}
	}
}

func chameneos(n, size int) float64 {
	start, in := make(chan struct{}), make(chan guest, room)
	go mall(in, n, size)
	for i := 0; i < size; i++ {
		go func(colour uint64) {
			self := guest{make(chan guest, 1), colour, false}
			<-start
			in <- self
			for other := <-self.mailbox; !other.isStop; other = <-self.mailbox {
				self.colour = complement(self.colour, other.colour)
				in <- self
			}
			done <- 0
		}(uint64(i % colours))
	}
	return each(run(start, size), n)
}

func selective(n, size int) float64 {
	start, others := make(chan struct{}), make(chan payload, size)
	ping, pong := make(chan payload, 1), make(chan payload, 1)
	for i := 0; i < size; i++ {
		others <- payload{}
	}
	go func() {
		for bytes := range pong {
			ping <- bytes
		}
	}()
	go func() {
		var bytes payload
		<-start
		for i := 0; i < n; i++ {
			pong <- bytes
			bytes = <-ping
		}
		close(pong)
		done <- 0
	}()
	took := run(start, 1)
	runtime.KeepAlive(others)
	return each(took, n)
}

// This task's share of memory, in bytes.
func memoryNow() uint64 {
	text, _ := os.ReadFile("/proc/self/smaps_rollup")
	for _, line := range strings.Split(string(text), "\n") {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "Pss:" {
			kib, _ := strconv.ParseUint(fields[1], 10, 64)
			return kib * 1024
		}
	}
	return 0
}

func memory(size int) {
	all := make([]chan uint64, size)
	for i := range all {
		all[i] = done // touched before, not counted
	}
	before, from := memoryNow(), time.Now()
	for i := range all {
		mailbox := make(chan uint64, 1)
		all[i] = mailbox
		go func() {
			done <- 1
			<-mailbox
		}()
		<-done
	}
	took := time.Since(from)
	fmt.Printf("{\"case\":\"memory\",\"ns\":%.2f,\"bytes\":%.1f}\n", each(took, size),
		float64(memoryNow()-before)/float64(size))
	runtime.KeepAlive(all)
}

// Who sends stays busy until the other has run, which therefore runs on the other
// worker.
func wakeup(n, size int) float64 {
	defer close(idle(size))
	var woken atomic.Int64
	begin := time.Now()
	doorbell := make(chan payload, 1)
	go func() {
		for range doorbell {
			woken.Store(time.Since(begin).Nanoseconds())
		}
	}()
	ns := make([]int64, n)
	for i := range ns {
		time.Sleep(rest)
		woken.Store(0)
		from := time.Since(begin).Nanoseconds()
		doorbell <- payload{}
		for woken.Load() == 0 {
		}
		ns[i] = woken.Load() - from
	}
	close(doorbell)
	sort.Slice(ns, func(a, b int) bool { return ns[a] < ns[b] })
	return float64(ns[n/2])
}

// One goroutine per connection.
func echo(path string) {
	listener, err := net.Listen("unixpacket", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(`{"case":"ready"}`)
	for {
		connection, err := listener.Accept()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		go func() {
			var bytes payload
			defer connection.Close()
			for {
				n, err := connection.Read(bytes[:])
				if err != nil || n == 0 {
					return
				}
				if _, err = connection.Write(bytes[:n]); err != nil {
					return
				}
			}
		}()
	}
}

var cases = map[string]func(n, size int) float64{
	"pingpong": pingpong, "ring": ring, "spawn": spawn, "spawn-call": spawnCall,
	"fanin": fanin, "big": big, "chameneos": chameneos, "selective": selective,
	"wakeup": wakeup,
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: light CASE WORKERS N SIZE")
		os.Exit(2)
	}
	name := os.Args[1]
	workers, _ := strconv.Atoi(os.Args[2])
	n, _ := strconv.Atoi(os.Args[3])
	size, _ := strconv.Atoi(os.Args[4])
	runtime.GOMAXPROCS(workers)
	switch {
	case name == "echo":
		echo(os.Args[3])
	case name == "memory":
		memory(size)
	default:
		fn := cases[name]
		fn(n/10+1, size)
		fmt.Printf("{\"case\":\"%s\",\"ns\":%.2f}\n", name, fn(n, size))
	}
}

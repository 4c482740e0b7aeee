%% The cases in Erlang. floor.c says what the cases are, measure.h how the
%% program is called. A binary of 64 bytes lies on the sender's heap and is copied
%% with the message; larger ones would be shared.
%%
%% Mailboxes have no bound here, so "fanin" has none. "selective" looks for a tag
%% behind the other messages; "selective-call" is a request with a reference that
%% was made for it, as gen_server:call() does it: what is older than the reference
%% is not looked at.
-module(light).
-export([main/1]).

-define(BYTES, <<0:512>>).
-define(COLOURS, 3).
-define(REST_MS, 1).

main([Name, _Workers, Path, _]) when Name =:= "echo" ->
    echo(Path);
main([Name, _Workers, _, Size]) when Name =:= "memory" ->
    memory(list_to_integer(Size)),
    halt();
main([Name, _Workers, N, Size]) ->
    Case = list_to_atom(Name),
    run_case(Case, list_to_integer(N) div 10 + 1, list_to_integer(Size)),
    Ns = run_case(Case, list_to_integer(N), list_to_integer(Size)),
    io:format("{\"case\":\"~s\",\"ns\":~.2f}~n", [Name, Ns]),
    halt().

%% In a process of its own, whose heap goes with it.
run_case(Case, N, Size) ->
    Main = self(),
    spawn(fun() -> Main ! {ns, measure(Case, N, Size)} end),
    receive {ns, Ns} -> Ns end.

now_ns() -> erlang:monotonic_time(nanosecond).

%% Start them all, wait until so many are done: how long that took.
run(All, N) ->
    From = now_ns(),
    lists:foreach(fun(Pid) -> Pid ! go end, All),
    wait_done(N),
    now_ns() - From.

wait_done(0) -> ok;
wait_done(N) -> receive done -> wait_done(N - 1) end.

times(0, _) -> ok;
times(N, Fun) -> Fun(), times(N - 1, Fun).

stop_all(All) -> lists:foreach(fun(Pid) -> Pid ! stop end, All).

measure(pingpong, N, Size) ->
    Main = self(),
    Couples = Size div 2,
    Each = N div Couples + 1,
    Pings = [spawn(fun() ->
                           Ping = self(),
                           Pong = spawn(fun() -> pong(Ping) end),
                           receive go -> ping(Each, Pong, ?BYTES, Main) end
                   end) || _ <- lists:seq(1, Couples)],
    run(Pings, Couples) / (Each * Couples);

measure(ring, N, Size) ->
    Main = self(),
    First = spawn(fun() -> receive {next, Next} -> pass(Next, Main) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> pass(Next, Main) end) end,
                       First, lists:seq(2, Size)),
    First ! {next, Last},
    From = now_ns(),
    First ! N,
    wait_done(1),
    Took = now_ns() - From,
    First ! stop,
    Took / N;

measure(spawn, N, Size) ->
    Main = self(),
    Others = idle(Size),
    From = now_ns(),
    times(N, fun() ->
                     spawn(fun() -> Main ! done end),
                     receive done -> ok end
             end),
    Took = now_ns() - From,
    stop_all(Others),
    Took / N;

measure('spawn-call', N, Size) ->
    Main = self(),
    Others = idle(Size),
    From = now_ns(),
    times(N, fun() ->
                     Pid = spawn(fun() -> receive go -> Main ! done end end),
                     Pid ! go,
                     receive done -> ok end
             end),
    Took = now_ns() - From,
    stop_all(Others),
    Took / N;

measure(fanin, N, Size) ->
    Main = self(),
    Each = N div Size + 1,
    To = spawn_opt(fun() -> flow_in(Each * Size, Main) end, [flow_queue()]),
    Senders = [spawn(fun() -> receive go -> flow_out(Each, To, ?BYTES) end end)
               || _ <- lists:seq(1, Size)],
    run(Senders, 1) / (Each * Size);

measure(big, N, Size) ->
    big(N, Size, 0, 0);

measure(chameneos, N, Size) ->
    Main = self(),
    Mall = spawn(fun() -> mall(N, Size) end),
    All = [spawn(fun() -> receive go -> meet(Mall, I rem ?COLOURS, Main) end end)
           || I <- lists:seq(1, Size)],
    run(All, Size) / N;

measure(selective, N, Size) ->
    chosen(N, Size, fun choose/4);

measure('selective-call', N, Size) ->
    chosen(N, Size, fun call/4);

measure(wakeup, N, Size) ->
    Others = idle(Size),
    process_flag(scheduler, 1),
    Woken = atomics:new(1, []),
    Sleeper = spawn_opt(fun() -> sleeper(Woken) end, [{scheduler, 2}]),
    Ns = [begin
              timer:sleep(?REST_MS),
              From = now_ns(),
              Sleeper ! ?BYTES,
              await(Woken) - From
          end || _ <- lists:seq(1, N)],
    stop_all([Sleeper | Others]),
    lists:nth(N div 2 + 1, lists:sort(Ns)) * 1.0.

ping(0, Pong, _, Main) ->
    Pong ! stop,
    Main ! done;
ping(N, Pong, Bytes, Main) ->
    Pong ! Bytes,
    receive Same -> ping(N - 1, Pong, Same, Main) end.

pong(Ping) ->
    receive
        stop -> ok;
        Bytes -> Ping ! Bytes, pong(Ping)
    end.

pass(Next, Main) ->
    receive
        0 -> Main ! done, pass(Next, Main);
        stop -> Next ! stop;
        Left -> Next ! Left - 1, pass(Next, Main)
    end.

idle(N) -> [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, N)].

%% What is faster with several senders at once is slower with one at a time.
flow_queue() ->
    case erlang:system_info(schedulers) of
        1 -> {message_queue_data, on_heap};
        _ -> {message_queue_data, off_heap}
    end.

flow_out(0, _, _) -> ok;
flow_out(N, To, Bytes) -> To ! Bytes, flow_out(N - 1, To, Bytes).

flow_in(0, Main) -> Main ! done;
flow_in(N, Main) -> receive _ -> flow_in(N - 1, Main) end.

big(N, Size, Sent, Took) when Sent >= N, Size > 0 ->
    Took / Sent;
big(N, Size, Sent, Took) ->
    Main = self(),
    All = [spawn(fun() -> talk(Main) end) || _ <- lists:seq(1, Size)],
    lists:foreach(fun(Pid) -> Pid ! {all, All} end, All),
    More = run(All, Size),
    big(N, Size, Sent + 2 * Size * (Size - 1), Took + More).

talk(Main) ->
    receive {all, All} -> ok end,
    receive go -> ok end,
    Self = self(),
    lists:foreach(fun(Pid) when Pid =/= Self -> Pid ! {ping, Self};
                     (_) -> ok end, All),
    reply(2 * (length(All) - 1)),
    Main ! done.

reply(0) -> ok;
reply(N) ->
    receive
        {ping, From} -> From ! {pong, self()}, reply(N - 1);
        {pong, _} -> reply(N - 1)
    end.

complement(A, A) -> A;
complement(A, B) -> ?COLOURS - A - B.

meet(Mall, Colour, Main) ->
    Mall ! {self(), Colour},
    receive
        {_, Other} -> meet(Mall, complement(Colour, Other), Main);
        stop -> Main ! done
    end.

mall(0, 0) -> ok;
mall(0, Creatures) ->
    receive {Pid, _} -> Pid ! stop, mall(0, Creatures - 1) end;
mall(Meetings, Creatures) ->
    receive {First, _} = A -> ok end,
    receive {Second, _} = B -> ok end,
    First ! B,
    Second ! A,
    mall(Meetings - 1, Creatures).

chosen(N, Size, Fun) ->
    Main = self(),
    Pong = spawn(fun answer/0),
    %% Or else collecting its garbage goes over all that waits.
    Ping = spawn_opt(fun() -> receive go -> Fun(N, Pong, ?BYTES, Main) end end,
                     [{message_queue_data, off_heap}]),
    times(Size, fun() -> Ping ! {other, 0} end),
    run([Ping], 1) / N.

answer() ->
    receive
        {From, Tag, Bytes} -> From ! {Tag, Bytes}, answer();
        stop -> ok
    end.

choose(0, Pong, _, Main) ->
    Pong ! stop,
    Main ! done;
choose(N, Pong, Bytes, Main) ->
    Pong ! {self(), pong, Bytes},
    receive {pong, Same} -> choose(N - 1, Pong, Same, Main) end.

call(0, Pong, _, Main) ->
    Pong ! stop,
    Main ! done;
call(N, Pong, Bytes, Main) ->
    Reference = make_ref(),
    Pong ! {self(), Reference, Bytes},
    receive {Reference, Same} -> call(N - 1, Pong, Same, Main) end.

%% This task's share of memory, in bytes.
memory_now() ->
    {ok, Text} = file:read_file("/proc/self/smaps_rollup"),
    {match, [KiB]} = re:run(Text, "\nPss: +([0-9]+)", [{capture, [1], list}]),
    list_to_integer(KiB) * 1024.

memory(Size) ->
    Main = self(),
    memory_now(),
    Before = memory_now(),
    From = now_ns(),
    All = [begin
               Pid = spawn(fun() -> Main ! done, receive stop -> ok end end),
               receive done -> Pid end
           end || _ <- lists:seq(1, Size)],
    Took = now_ns() - From,
    After = memory_now(),
    io:format("{\"case\":\"memory\",\"ns\":~.2f,\"bytes\":~.1f}~n",
              [Took / Size, (After - Before) / length(All)]).

sleeper(Woken) ->
    receive
        stop -> ok;
        _ -> atomics:put(Woken, 1, now_ns()), sleeper(Woken)
    end.

%% Times are negative here, as it happens; none is 0.
await(Woken) ->
    case atomics:exchange(Woken, 1, 0) of
        0 -> await(Woken);
        Ns -> Ns
    end.

%% One process per connection. Who accepts serves, and starts who accepts next.
%% Over stream sockets: those of messages are there too (socket:open(local,
%% seqpacket, default)), and take twice as long.
echo(Path) ->
    {ok, Listener} = gen_tcp:listen(0, [local, {ifaddr, {local, Path}}, binary,
                                        {active, true}, {backlog, 4096}]),
    spawn_link(fun() -> accept(Listener) end),
    io:format("{\"case\":\"ready\"}~n"),
    receive stop -> ok end.

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    spawn(fun() -> accept(Listener) end),
    serve(Socket).

serve(Socket) ->
    receive
        {tcp, Socket, Bytes} -> gen_tcp:send(Socket, Bytes), serve(Socket);
        {tcp_closed, Socket} -> ok
    end.

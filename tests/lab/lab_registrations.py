"""Registrations at the edge: a real phone refreshes with the gate while the registrar sleeps, one that dies is taken from
the registrar, and a crowd that comes at once does not reach it all."""
import contextlib
import os
import socket
import time

from lab import GATE_OUT, GATE_OUT6, OUTSIDE, OUTSIDE6, Gate, Lab, wait_until
from peers import Baresip, Kamailio
from runner import Suite, check, equal

RULES = 'register = { client_expires = "10s", registrar_expires = "1h" }'
CROWD = 40


class Edge:
    def __init__(self, lab):
        self.lab = lab
        self.gate = Gate(lab, policy=self.policy(lab))
        self.registrar = Kamailio(lab.inside)
        self.alice = Baresip(lab.outside, "alice", "203.0.113.1", "203.0.113.11", 440)
        self.alice.await_registered()

    @staticmethod
    def policy(lab):
        gate = Gate.__new__(Gate)
        gate.state, gate.socket = lab.file("state"), os.path.join(lab.directory, "control.sock")
        text = gate.policy_text(outside_keys=RULES)
        line = 'uri  = "sip:198.51.100.10:5060;transport=udp"\n'
        check(line in text, "the laboratory's policy has another peer than was thought")
        return text.replace(line, line + 'limits = { registers = 5, registers_per_second = 10, retry_after = "20s" }\n')

    def count(self, name):
        return self.gate.ask("stats")[name]

    def bindings(self):
        return self.gate.ask("registrations")

    def restart_registrar(self, **values):
        self.registrar.stop()
        self.registrar = Kamailio(self.lab.inside, **values)


def register(local, user, number=1, transport="UDP"):
    """A REGISTER as a phone at this socket writes it."""
    host = f"{local[0]}:{local[1]}"
    return (f"REGISTER sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {host};branch=z9hG4bK{os.urandom(6).hex()};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{user}@203.0.113.1>;tag={user}\r\nTo: <sip:{user}@203.0.113.1>\r\n"
            f"Call-ID: {user}@{host}\r\nCSeq: {number} REGISTER\r\nContact: <sip:{user}@{host}>\r\nExpires: 600\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def answer_of(sock, seconds=5):
    """The final response that comes next: its status and headers."""
    sock.settimeout(seconds)
    while True:
        lines = sock.recv(65535).decode().split("\r\n")
        status = int(lines[0].split()[1])
        if status >= 200:
            return status, dict(line.split(": ", 1) for line in lines[1:] if ": " in line)


@contextlib.contextmanager
def scene():
    with Lab() as lab:
        yield Edge(lab)


suite = Suite(scene)


@suite.test("a phone's refreshes are answered by the gate, and its password is not asked again")
def refreshes(edge):
    relayed, answered = edge.count("registers_relayed"), edge.count("registers_answered")
    equal(relayed, 2, "REGISTERs that the registrar saw: one, and one with a password")
    time.sleep(30)
    edge.alice.await_registered()
    equal(edge.count("registers_relayed"), relayed, "REGISTERs that the registrar saw")
    check(edge.count("registers_answered") >= answered + 2, "the phone's refreshes were not answered here")
    check(not edge.alice.saw("REGISTER_FAIL"), "a refresh of the phone failed")


@suite.test("the phone stays registered while the registrar is away, and over a crash of the gate")
def registrar_is_away(edge):
    edge.registrar.stop()
    edge.gate.kill()
    edge.gate.start()
    answered = edge.count("registers_answered")
    wait_until(lambda: edge.count("registers_answered") >= answered + 2, "the phone refreshes", 25, 0.5)
    check(not edge.alice.saw("REGISTER_FAIL"), "a refresh of the phone failed")
    edge.registrar = Kamailio(edge.lab.inside, trusts="198.51.100.1")


@suite.test("another source with the same words meets the registrar's challenge")
def another_source(edge):
    edge.restart_registrar()
    with edge.lab.outside.udp("203.0.113.11") as first, edge.lab.outside.udp("203.0.113.11") as other:
        first.sendto(register(first.getsockname(), "eve"), ("203.0.113.1", 5060))
        equal(answer_of(first)[0], 401, "the answer to the first")
        other.sendto(register(first.getsockname(), "eve", 2), ("203.0.113.1", 5060))
        equal(answer_of(other)[0], 401, "the answer to another source")
    edge.restart_registrar(trusts="198.51.100.1")


@suite.test("a phone that falls silent is taken from the registrar")
def silent(edge):
    def knows(user):
        """Whether the registrar finds the user; 404 where not, and nobody there answers for the silent phone."""
        with contextlib.closing(edge.lab.inside.udp("198.51.100.66")) as asking:
            request = register(asking.getsockname(), user).decode()
            request = request.replace("REGISTER sip:203.0.113.1", f"OPTIONS sip:{user}@198.51.100.10", 1)
            asking.sendto(request.replace("1 REGISTER", "1 OPTIONS").encode(), ("198.51.100.10", 5060))
            try:
                return answer_of(asking, 2)[0] != 404
            except TimeoutError:
                return True
    with edge.lab.outside.udp("203.0.113.11") as phone:
        phone.sendto(register(phone.getsockname(), "carol"), ("203.0.113.1", 5060))
        status, headers = answer_of(phone)
        equal(status, 200, "the answer")
        check("expires=10" in headers["Contact"], f"the phone was given {headers['Contact']}")
        check(knows("carol"), "the registrar does not know the phone")
    wait_until(lambda: "carol" not in str(edge.bindings()), "the gate forgets the phone", 30, 0.5)
    wait_until(lambda: not knows("carol"), "the registrar forgets the phone", 10, 0.5)


@suite.test("a phone learns by STUN that its flow is alive, and what address it has")
def keep_alive(edge):
    for gate, local in ((GATE_OUT, OUTSIDE), (GATE_OUT6, OUTSIDE6)):
        said = edge.lab.outside.run("turnutils_stunclient", "-p", "5060", "-L", local, gate).stdout
        check("UDP reflexive addr" in said and local in said.replace("[", "").replace("]", ""), f"{gate} answers {said}")


@suite.test("a binding ends with its connection")
def connection(edge):
    with edge.lab.outside.entered():
        phone = socket.create_connection(("203.0.113.1", 5060), 5, ("203.0.113.11", 0))
    with contextlib.closing(phone):
        phone.sendall(register(phone.getsockname(), "dora", transport="TCP"))
        equal(answer_of(phone)[0], 200, "the answer")
        check("dora" in str(edge.bindings()), "the phone is not registered")
    wait_until(lambda: "dora" not in str(edge.bindings()), "the gate forgets the phone", 4, 0.2)


@suite.test("of a crowd that comes at once the registrar sees as many as it may, and the others hear when to come again")
def crowd(edge):
    edge.registrar.stop()
    relayed = edge.count("registers_relayed")
    waits = []
    with contextlib.ExitStack() as open_sockets:
        open_sockets.enter_context(contextlib.closing(edge.lab.inside.udp("198.51.100.10", 5060)))   # slow to the utmost
        phones = [open_sockets.enter_context(edge.lab.outside.udp("203.0.113.11")) for _ in range(CROWD)]
        for number, phone in enumerate(phones):
            phone.sendto(register(phone.getsockname(), f"phone{number}"), ("203.0.113.1", 5060))
        for phone in phones:
            with contextlib.suppress(TimeoutError, socket.timeout):
                status, headers = answer_of(phone, 1)
                equal(status, 503, "the answer to one too many")
                waits.append(int(headers["Retry-After"]))
    seen = edge.count("registers_relayed") - relayed
    check(1 <= seen <= 5, f"{seen} REGISTERs were sent to the registrar")
    equal(len(waits), CROWD - seen, "phones that were told to come later")
    check(min(waits) >= 10 and max(waits) <= 30 and len(set(waits)) > 5, f"they come again after {sorted(waits)}")
    check(edge.gate.ask("stats")["refused"].get("peer_limit", 0) >= len(waits), "the refusals are not counted")

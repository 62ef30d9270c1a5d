#!/usr/bin/python3
"""Services on a private bus that behave as NetworkManager, ModemManager, UPower and logind do.

usage: services.py ADDRESS

Reads commands from standard input, one a line, and answers each with "ok" once it is done. A value is written as JSON, behind the D-Bus type that it is sent with.

    own NAME                                  the service appears
    leave NAME                                the service vanishes
    set PATH INTERFACE PROPERTY TYPE VALUE    a property is there, or changes
    still PATH MINUTES                        nobody has touched that session for so long
    remove PATH                               the object is gone
    mute                                      calls are not answered any more
    unmute                                    all calls are answered, those that wait first
    refuse                                    calls are answered with an error
"""
import json
import os
import select
import sys
import time

from jeepney import DBusAddress, HeaderFields, MessageType
from jeepney import new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

PROPERTIES = "org.freedesktop.DBus.Properties"
LOGIN = "/org/freedesktop/login1"
MODEMS = "/org/freedesktop/ModemManager1"


class Services:
    def __init__(self, address):
        self.connection = open_dbus_connection(bus=address)
        self.objects = {}  # path -> interface -> property -> (type, value)
        self.mode = "answer"
        self.waiting = []

    def emit(self, path, interface, member, signature, body):
        self.connection.send(
            new_signal(DBusAddress(path, interface=interface), member, signature, body))

    def below(self, path):
        return [other for other in sorted(self.objects) if other.startswith(path + "/")]

    def sessions(self):
        return [(path[-1], 1000, "user", "seat0", path) for path in self.below(LOGIN + "/session")]

    def answer(self, call):
        fields = call.header.fields
        path, member = fields[HeaderFields.path], fields[HeaderFields.member]
        if self.mode == "refuse":
            return new_error(call, "org.freedesktop.DBus.Error.AccessDenied", "s", ("go away",))
        if member == "GetManagedObjects":
            objects = {other: self.objects[other] for other in self.below(path)}
            return new_method_return(call, "a{oa{sa{sv}}}", (objects,))
        if member == "ListSessions":
            return new_method_return(call, "a(susso)", (self.sessions(),))
        if member == "GetAll" and call.body[0] in self.objects.get(path, {}):
            return new_method_return(call, "a{sv}", (self.objects[path][call.body[0]],))
        return new_error(call, "org.freedesktop.DBus.Error.UnknownObject", "s", (path,))

    def receive(self, call):
        if call.header.message_type != MessageType.method_call:
            return
        if self.mode == "mute":
            self.waiting.append(call)
        else:
            self.connection.send(self.answer(call))

    def set(self, path, interface, name, signature, value):
        is_new = path not in self.objects
        properties = self.objects.setdefault(path, {}).setdefault(interface, {})
        properties[name] = (signature, json.loads(value))
        changed = {name: properties[name]}
        self.emit(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", (interface, changed, []))
        if is_new and path.startswith(LOGIN + "/session/"):
            self.emit(LOGIN, "org.freedesktop.login1.Manager", "SessionNew", "so", (path[-1], path))
        if path.startswith(MODEMS + "/") and name == "State":
            self.emit(path, interface, "StateChanged", "iiu", (0, properties[name][1], 0))

    def still(self, path, minutes):
        since_us = int((time.monotonic() - 60 * float(minutes)) * 1000000)
        self.set(path, "org.freedesktop.login1.Session", "IdleSinceHintMonotonic", "t",
                 str(since_us))

    def remove(self, path):
        interfaces = list(self.objects.pop(path))
        if path.startswith(LOGIN + "/session/"):
            self.emit(LOGIN, "org.freedesktop.login1.Manager", "SessionRemoved", "so",
                      (path[-1], path))
        elif path.startswith(MODEMS + "/"):
            self.emit(MODEMS, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved", "oas",
                      (path, interfaces))

    def call(self, message):
        serial = next(self.connection.outgoing_serial)
        self.connection.send(message, serial=serial)
        while True:
            got = self.connection.receive()
            if got.header.fields.get(HeaderFields.reply_serial) == serial:
                return
            self.receive(got)

    def own(self, name):
        self.call(message_bus.RequestName(name))

    def leave(self, name):
        self.call(message_bus.ReleaseName(name))

    def mute(self):
        self.mode = "mute"

    def unmute(self):
        self.mode = "answer"
        for call in self.waiting:
            self.receive(call)
        self.waiting = []

    def refuse(self):
        self.mode = "refuse"

    def command(self, line):
        word, *arguments = line.split(None, 5)
        getattr(self, word)(*arguments)
        print("ok", flush=True)

    def drain(self):
        try:
            while True:
                self.receive(self.connection.receive(timeout=0))
        except TimeoutError:
            pass

    def serve(self):
        rest = b""
        while True:
            self.drain()
            ready, _, _ = select.select([0, self.connection.sock], [], [])
            if 0 in ready:
                read = os.read(0, 4096)
                if not read:
                    return
                *lines, rest = (rest + read).split(b"\n")
                for line in lines:
                    self.command(line.decode())


try:
    Services(sys.argv[1]).serve()
except (ConnectionError, BrokenPipeError):
    pass  # The bus has ended.

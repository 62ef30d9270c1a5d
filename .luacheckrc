-- The code runs on every Lua from 5.1 on, and asks for what some of them lack.
std = "max"
self = false
max_line_length = 100
files["spec"] = { std = "max+busted" }

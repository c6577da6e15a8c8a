"""What people do with replies: prompts by pipe, conversations, tools, typed answers, pictures, prices.

Stands on the cmdlets and the client, and knows no transport. Every module loads when it is first needed: a
plain chat call loads none of them.
"""

import json
import sys

from posthog import Posthog

journey = json.loads(sys.argv[1])
user, track, page, revenue = journey["user"], journey["track"], journey["page"], journey["revenue"]
client = Posthog(journey["key"], host=journey["url"], flush_interval=0.1)


def call(step):
    return {"distinct_id": user, "timestamp": journey[step]["time"], "uuid": journey[step]["id"]}


client.capture(track["event"], properties=track["properties"], **call("track"))
client.set(properties=journey["identify"]["traits"], **call("identify"))
client.group_identify("company", journey["account"], journey["group"]["traits"], **call("group"))
client.capture(
    "$pageview", properties={"$current_url": page["url"], "title": page["title"]}, **call("page")
)
client.capture("$screen", properties={"$screen_name": journey["screen"]["name"]}, **call("screen"))
products = [
    {"product_id": item["id"], "name": item["name"], "price": item["price"], "quantity": item["quantity"]}
    for item in revenue["items"]
]
client.capture(
    revenue["event"],
    properties={
        "order_id": revenue["order"],
        "revenue": revenue["amount"],
        "currency": revenue["currency"],
        "products": products,
    },
    **call("revenue"),
)
client.alias(
    journey["alias"]["previous"], user, timestamp=journey["alias"]["time"], uuid=journey["alias"]["id"]
)
client.shutdown()

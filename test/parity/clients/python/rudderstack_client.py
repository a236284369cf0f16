import json
import sys
from datetime import datetime

from rudderstack.analytics.client import Client

journey = json.loads(sys.argv[1])
user, track, page, revenue = journey["user"], journey["track"], journey["page"], journey["revenue"]
client = Client(journey["key"], host=journey["url"], upload_interval=0.1)


def call(step):
    return {
        "message_id": journey[step]["id"],
        "timestamp": datetime.fromisoformat(journey[step]["time"]),
    }


client.track(user, track["event"], track["properties"], **call("track"))
client.identify(user, journey["identify"]["traits"], **call("identify"))
client.group(user, journey["account"], journey["group"]["traits"], **call("group"))
client.page(user, None, page["name"], {"url": page["url"], "title": page["title"]}, **call("page"))
client.screen(user, None, journey["screen"]["name"], **call("screen"))
products = [
    {"product_id": item["id"], "name": item["name"], "price": item["price"], "quantity": item["quantity"]}
    for item in revenue["items"]
]
client.track(
    user,
    revenue["event"],
    {
        "order_id": revenue["order"],
        "revenue": revenue["amount"],
        "currency": revenue["currency"],
        "products": products,
    },
    **call("revenue"),
)
client.alias(journey["alias"]["previous"], user, **call("alias"))
client.shutdown()

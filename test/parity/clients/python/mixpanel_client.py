import json
import sys

from mixpanel import Consumer, Mixpanel, MixpanelException

journey = json.loads(sys.argv[1])
user, track, page, revenue = journey["user"], journey["track"], journey["page"], journey["revenue"]
url = journey["url"]
consumer = Consumer(events_url=f"{url}/track", people_url=f"{url}/engage", groups_url=f"{url}/groups")
client = Mixpanel(journey["key"], consumer=consumer)


def call(step):
    return {"time": journey[step]["at"], "$insert_id": journey[step]["id"]}


def send(method, *args):
    try:
        method(*args)
    except MixpanelException:
        pass  # it is lost: the client has no queue


send(client.track, user, track["event"], {**track["properties"], **call("track")})
send(client.people_set, user, journey["identify"]["traits"])
send(client.group_set, "company", journey["account"], journey["group"]["traits"])
send(
    client.track,
    user,
    "$mp_web_page_view",
    {"$current_url": page["url"], "current_page_title": page["title"], **call("page")},
)
products = [
    {"product_id": item["id"], "name": item["name"], "price": item["price"], "quantity": item["quantity"]}
    for item in revenue["items"]
]
send(
    client.track,
    user,
    revenue["event"],
    {
        "order_id": revenue["order"],
        "revenue": revenue["amount"],
        "currency": revenue["currency"],
        "products": products,
        **call("revenue"),
    },
)

import json
import sys
import threading

from amplitude import Amplitude, BaseEvent, Config, EventOptions, Identify, Revenue

journey = json.loads(sys.argv[1])
track, page, revenue = journey["track"], journey["page"], journey["revenue"]
left = 5
done = threading.Event()


def on_result(event, code, message):
    global left
    left -= 1
    if left == 0:
        done.set()


client = Amplitude(
    journey["key"],
    Config(server_url=journey["url"] + "/2/httpapi", flush_interval_millis=100, callback=on_result),
)


def call(step):
    return {
        "user_id": journey["user"],
        "device_id": journey["anonymous"],
        "time": journey[step]["at"],
        "insert_id": journey[step]["id"],
    }


def setting(traits):
    changes = Identify()
    for name, value in traits.items():
        changes.set(name, value)
    return changes


client.track(BaseEvent(track["event"], event_properties=track["properties"], **call("track")))
client.identify(setting(journey["identify"]["traits"]), EventOptions(**call("identify")))
client.group_identify(
    "company", journey["account"], setting(journey["group"]["traits"]), EventOptions(**call("group"))
)
client.track(
    BaseEvent(
        "[Amplitude] Page Viewed",
        event_properties={"[Amplitude] Page URL": page["url"], "[Amplitude] Page Title": page["title"]},
        **call("page"),
    )
)
client.revenue(
    Revenue(
        price=revenue["amount"],
        quantity=1,
        product_id=revenue["order"],
        currency=revenue["currency"],
    ),
    EventOptions(**call("revenue")),
)
# a shutdown gives up what waits to be tried again
done.wait(10)
client.shutdown()

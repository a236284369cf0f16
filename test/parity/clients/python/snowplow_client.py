import json
import sys
import threading

from snowplow_tracker import (
    EmitterConfiguration,
    PageView,
    ScreenView,
    Snowplow,
    StructuredEvent,
    Subject,
    TrackerConfiguration,
)

journey = json.loads(sys.argv[1])
track, page, screen, revenue = journey["track"], journey["page"], journey["screen"], journey["revenue"]
total = 4 + len(revenue["items"])
left = total
done = threading.Event()


def on_success(sent):
    global left
    left -= len(sent)
    if left <= 0:
        done.set()


tracker = Snowplow.create_tracker(
    namespace="parity",
    endpoint=journey["url"],
    app_id=journey["key"],
    subject=Subject().set_user_id(journey["user"]),
    tracker_config=TrackerConfiguration(encode_base64=True),
    emitter_config=EmitterConfiguration(batch_size=total, on_success=on_success),
)
tracker.track(
    StructuredEvent(
        category="reports",
        action=track["event"],
        property_=track["properties"]["format"],
        value=track["properties"]["rows"],
        true_timestamp=track["at"],
    )
)
tracker.track(PageView(page_url=page["url"], page_title=page["title"], true_timestamp=page["at"]))
tracker.track(ScreenView(id_=screen["id"], name=screen["name"], true_timestamp=screen["at"]))
items = [
    {"sku": item["id"], "name": item["name"], "price": item["price"], "quantity": item["quantity"]}
    for item in revenue["items"]
]
tracker.track_ecommerce_transaction(
    revenue["order"],
    revenue["amount"],
    currency=revenue["currency"],
    items=items,
    tstamp=revenue["at"],
)
tracker.flush()
if not done.wait(60):
    sys.exit("not everything was sent")

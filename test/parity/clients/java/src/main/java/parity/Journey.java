package parity;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.json.JSONObject;

/** What the test asks for: JSON as the only argument. */
record Journey(JSONObject json) {
  static Journey of(String[] args) {
    return new Journey(new JSONObject(args[0]));
  }

  String text(String name) {
    return json.getString(name);
  }

  JSONObject step(String name) {
    return json.getJSONObject(name);
  }

  String id(String step) {
    return step(step).getString("id");
  }

  long at(String step) {
    return step(step).getLong("at");
  }

  Date time(String step) {
    return Date.from(Instant.ofEpochMilli(at(step)));
  }

  Map<String, Object> map(String step, String name) {
    return step(step).getJSONObject(name).toMap();
  }

  /** The order as properties of an event, in the words that Segment's specification has for it. */
  Map<String, Object> order() {
    JSONObject revenue = step("revenue");
    List<Map<String, Object>> products = new ArrayList<>();
    for (Object item : revenue.getJSONArray("items")) {
      JSONObject one = (JSONObject) item;
      products.add(
          Map.of(
              "product_id", one.getString("id"),
              "name", one.getString("name"),
              "price", one.getDouble("price"),
              "quantity", one.getInt("quantity")));
    }
    return Map.of(
        "order_id", revenue.getString("order"),
        "revenue", revenue.getDouble("amount"),
        "currency", revenue.getString("currency"),
        "products", products);
  }
}

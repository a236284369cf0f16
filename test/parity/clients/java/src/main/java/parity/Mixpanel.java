package parity;

import com.mixpanel.mixpanelapi.ClientDelivery;
import com.mixpanel.mixpanelapi.MessageBuilder;
import com.mixpanel.mixpanelapi.MixpanelAPI;
import java.io.IOException;
import org.json.JSONObject;

/** Drives com.mixpanel:mixpanel-java. */
public final class Mixpanel {
  public static void main(String[] args) throws IOException {
    Journey journey = Journey.of(args);
    String url = journey.text("url");
    try (MixpanelAPI client =
        new MixpanelAPI.Builder()
            .eventsEndpoint(url + "/track")
            .peopleEndpoint(url + "/engage")
            .groupsEndpoint(url + "/groups")
            .build()) {
      MessageBuilder messages = new MessageBuilder(journey.text("key"));
      String user = journey.text("user");
      JSONObject track = journey.step("track");
      send(
          client,
          messages.event(
              user,
              track.getString("event"),
              call(journey, "track", track.getJSONObject("properties"))));
      send(client, messages.set(user, journey.step("identify").getJSONObject("traits")));
      send(
          client,
          messages.groupSet(
              "company",
              journey.text("account"),
              journey.step("group").getJSONObject("traits")));
      JSONObject page = journey.step("page");
      send(
          client,
          messages.event(
              user,
              "$mp_web_page_view",
              call(
                  journey,
                  "page",
                  new JSONObject()
                      .put("$current_url", page.getString("url"))
                      .put("current_page_title", page.getString("title")))));
      send(
          client,
          messages.event(
              user,
              journey.step("revenue").getString("event"),
              call(journey, "revenue", new JSONObject(journey.order()))));
    }
  }

  private static JSONObject call(Journey journey, String step, JSONObject properties) {
    return properties.put("$insert_id", journey.id(step)).put("time", journey.at(step));
  }

  private static void send(MixpanelAPI client, JSONObject message) {
    ClientDelivery delivery = new ClientDelivery();
    delivery.addMessage(message);
    try {
      client.deliver(delivery);
    } catch (IOException lost) {
      // the client has no queue: what fails is the caller's
    }
  }
}

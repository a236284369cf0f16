// Drives github.com/posthog/posthog-go.
package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"

	"github.com/posthog/posthog-go"
)

type call struct {
	ID   string    `json:"id"`
	Time time.Time `json:"time"`
}

type journey struct {
	URL, Key, User, Account string
	Track                   struct {
		call
		Event      string
		Properties map[string]any
	}
	Identify, Group struct {
		call
		Traits map[string]any
	}
	Page struct {
		call
		URL, Title string
	}
	Screen struct {
		call
		Name string
	}
	Revenue struct {
		call
		Event, Order, Currency string
		Amount                 float64
		Items                  []struct {
			ID, Name string
			Price    float64
			Quantity int
		}
	}
	Alias struct {
		call
		Previous string
	}
}

// The client gives up what it is trying again when it is closed, so that is left until all is sent.
type results struct{ left sync.WaitGroup }

func (r *results) Success(posthog.APIMessage)        { r.left.Done() }
func (r *results) Failure(posthog.APIMessage, error) { r.left.Done() }

func main() {
	var j journey
	var done results
	done.left.Add(7)
	check(json.Unmarshal([]byte(os.Args[1]), &j))
	client, err := posthog.NewWithConfig(j.Key, posthog.Config{
		Endpoint:   j.URL,
		Interval:   100 * time.Millisecond,
		Callback:   &done,
		RetryAfter: func(int) time.Duration { return 100 * time.Millisecond },
	})
	check(err)
	capture := func(c call, event string, properties posthog.Properties) {
		check(client.Enqueue(posthog.Capture{
			Uuid: c.ID, Timestamp: c.Time, DistinctId: j.User, Event: event, Properties: properties,
		}))
	}
	capture(j.Track.call, j.Track.Event, j.Track.Properties)
	check(client.Enqueue(posthog.Identify{
		Timestamp: j.Identify.Time, DistinctId: j.User, Properties: j.Identify.Traits,
	}))
	check(client.Enqueue(posthog.GroupIdentify{
		Timestamp: j.Group.Time, DistinctId: j.User, Type: "company", Key: j.Account, Properties: j.Group.Traits,
	}))
	capture(j.Page.call, "$pageview", posthog.Properties{"$current_url": j.Page.URL, "title": j.Page.Title})
	capture(j.Screen.call, "$screen", posthog.Properties{"$screen_name": j.Screen.Name})
	var products []map[string]any
	for _, item := range j.Revenue.Items {
		products = append(products, map[string]any{
			"product_id": item.ID, "name": item.Name, "price": item.Price, "quantity": item.Quantity,
		})
	}
	capture(j.Revenue.call, j.Revenue.Event, posthog.Properties{
		"order_id": j.Revenue.Order, "revenue": j.Revenue.Amount, "currency": j.Revenue.Currency, "products": products,
	})
	check(client.Enqueue(posthog.Alias{Timestamp: j.Alias.Time, DistinctId: j.User, Alias: j.Alias.Previous}))
	done.left.Wait()
	check(client.Close())
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

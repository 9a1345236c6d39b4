// SPDX-License-Identifier: Apache-2.0

// Sends one event, signed as a Standard Webhook: go run publish.go ID JSON
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type answer struct {
	ID        string `json:"id"`
	Duplicate bool   `json:"duplicate"`
	Code      string `json:"code"`
	Detail    string `json:"detail"`
}

func main() {
	id, body := os.Args[1], os.Args[2]
	key, err := keyOf(os.Getenv("NERVUS_SECRET"))
	if err != nil {
		fail(err.Error())
	}
	client := &http.Client{Timeout: 15 * time.Second}
	for attempt := 1; ; attempt++ {
		status, retryAfter, got := send(client, id, body, key)
		if status == http.StatusAccepted {
			how := "accepted"
			if got.Duplicate {
				how = "known already"
			}
			fmt.Printf("%s as %s\n", how, got.ID)
			return
		}
		mayHelp := status == 0 || status == 408 || status == 429 || status >= 500
		if !mayHelp || attempt == 6 {
			fail(fmt.Sprintf("refused: %s: %s", got.Code, got.Detail))
		}
		pause, err := strconv.ParseFloat(retryAfter, 64)
		if err != nil {
			pause = float64(int(1)<<attempt) * rand.Float64()
		}
		time.Sleep(time.Duration(pause * float64(time.Second)))
	}
}

// A secret is "whsec_" and base64, or any other text whose bytes are the key.
func keyOf(secret string) ([]byte, error) {
	if rest, found := strings.CutPrefix(secret, "whsec_"); found {
		return base64.StdEncoding.DecodeString(rest)
	}
	return []byte(secret), nil
}

// Signed anew at each attempt, since a signature is good for five minutes; always with the same id.
func send(client *http.Client, id, body string, key []byte) (status int, retryAfter string, got answer) {
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "." + body))
	request, err := http.NewRequest(http.MethodPost, os.Getenv("NERVUS_URL"), strings.NewReader(body))
	if err != nil {
		fail(err.Error())
	}
	request.Header.Set("content-type", "application/json")
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", timestamp)
	request.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	response, err := client.Do(request)
	if err != nil {
		return 0, "", answer{Code: "network", Detail: err.Error()}
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if json.Unmarshal(text, &got) != nil {
		got.Code = "http_" + strconv.Itoa(response.StatusCode)
	}
	return response.StatusCode, response.Header.Get("retry-after"), got
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}

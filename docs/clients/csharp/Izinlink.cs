// İzinlink from C# (.NET 8) without further packages. A write is sent again with the same Idempotency-Key until it is
// answered, so it is written once.

using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

public sealed class IzinlinkProblem(HttpStatusCode status, JsonNode? body) : Exception($"{body?["code"]}: {body?["titleTr"]}")
{
    public HttpStatusCode Status { get; } = status;
    public JsonNode? Body { get; } = body;
}

public sealed class Izinlink
{
    private const int Tries = 5;
    private readonly HttpClient _http;

    public Izinlink(Uri url, string key)
    {
        var handler = new HttpClientHandler { AllowAutoRedirect = false };
        _http = new HttpClient(handler) { BaseAddress = new Uri(url, "/api/v1/"), Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>What is known of an address; the address stays out of the URL.</summary>
    public Task<JsonNode> Consent(int brand, string recipient, string type) =>
        Call(HttpMethod.Post, $"brands/{brand}/consents/query", new { recipient, type });

    /// <summary>Report one decision. Keep the key with it where it must survive a crash. A refusal is told where the
    /// "stands" of its result is RET. Where it is not (the date is before a grant, as by a slow clock), tell it again
    /// without consentDate and with another key: it counts as of now. One that waited gets its date by the server's
    /// clock: the Date of an answer minus how long it waited.</summary>
    public Task<JsonNode> AddConsent(int brand, object row, string? idempotencyKey = null) =>
        Call(HttpMethod.Post, $"brands/{brand}/consents", row, idempotencyKey ?? Guid.NewGuid().ToString("N"));

    /// <summary>Those who may be messaged now.</summary>
    public async Task<IReadOnlyList<string>> MaySend(int brand, string type, IEnumerable<string> recipients)
    {
        var body = new { type, recipients = recipients.ToArray() };
        var answer = await Call(HttpMethod.Post, $"brands/{brand}/checks", body, Guid.NewGuid().ToString("N"));
        return answer["results"]!.AsArray().Where(each => (string?)each!["verdict"] == "may")
            .Select(each => (string)each!["recipient"]!).ToList();
    }

    /// <summary>A page of the changes feed: keep nextCursor with what you write.</summary>
    public Task<JsonNode> Events(string cursor) => Call(HttpMethod.Get, $"events?cursor={Uri.EscapeDataString(cursor)}");

    private async Task<JsonNode> Call(HttpMethod method, string path, object? body = null, string? key = null)
    {
        for (var number = 0; ; number++)
        {
            var isLast = number == Tries - 1;
            try
            {
                using var request = new HttpRequestMessage(method, path);
                if (body is not null) request.Content = JsonContent.Create(body);
                if (key is not null) request.Headers.Add("Idempotency-Key", key);
                using var answer = await _http.SendAsync(request);
                var text = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode) return JsonNode.Parse(text)!;
                var isLater = answer.StatusCode == HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500;
                if (!isLater || isLast) throw new IzinlinkProblem(answer.StatusCode, Parse(text));
            }
            catch (Exception error) when (!isLast && error is HttpRequestException or TaskCanceledException) { }
            await Task.Delay(TimeSpan.FromSeconds(Math.Pow(2, number)));
        }
    }

    private static JsonNode? Parse(string text)
    {
        try { return JsonNode.Parse(text); }
        catch (System.Text.Json.JsonException) { return null; }
    }
}

public static class IzinlinkWebhook
{
    /// <summary>Whether a webhook is ours and no older than five minutes (Standard Webhooks, HMAC).</summary>
    public static bool IsGenuine(string body, string id, string timestamp, string signatures, string secret)
    {
        if (!long.TryParse(timestamp, out var at)) return false;
        if (Math.Abs(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - at) > 300) return false;
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        var hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}"));
        var expected = Encoding.ASCII.GetBytes($"v1,{Convert.ToBase64String(hash)}");
        return signatures.Split(' ').Any(each => CryptographicOperations.FixedTimeEquals(expected, Encoding.ASCII.GetBytes(each)));
    }
}

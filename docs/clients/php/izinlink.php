<?php
// İzinlink from PHP 8.1 with curl and nothing else. A write is sent again with the same Idempotency-Key until it is
// answered, so it is written once.

declare(strict_types=1);

final class IzinlinkProblem extends RuntimeException
{
    /** @param array<string, mixed> $body */
    public function __construct(public readonly int $status, public readonly array $body)
    {
        parent::__construct(($body['code'] ?? $status) . ': ' . ($body['titleTr'] ?? '') . ' ' . ($body['fixTr'] ?? ''));
    }
}

final class Izinlink
{
    private const TRIES = 5;

    public function __construct(private readonly string $url, private readonly string $key) {}

    /** @return array<string, mixed> What is known of an address; the address stays out of the URL. */
    public function consent(int $brand, string $recipient, string $type): array
    {
        return $this->call('POST', "/brands/$brand/consents/query", ['recipient' => $recipient, 'type' => $type]);
    }

    /**
     * A refusal is told where results[0]['stands'] is RET. Where it is not (the date is before a grant, as by a slow
     * clock), tell it again without consentDate and with another key: it counts as of now. One that waited gets its
     * date by the server's clock: the Date of an answer minus how long it waited.
     *
     * @param array<string, mixed> $row @return array<string, mixed>
     */
    public function addConsent(int $brand, array $row, ?string $idempotencyKey = null): array
    {
        return $this->call('POST', "/brands/$brand/consents", $row, $idempotencyKey ?? bin2hex(random_bytes(16)));
    }

    /** @param list<string> $recipients @return list<string> Those who may be messaged now. */
    public function maySend(int $brand, string $type, array $recipients): array
    {
        $body = ['type' => $type, 'recipients' => $recipients];
        $answer = $this->call('POST', "/brands/$brand/checks", $body, bin2hex(random_bytes(16)));
        $may = array_filter($answer['results'], fn (array $each): bool => $each['verdict'] === 'may');
        return array_values(array_column($may, 'recipient'));
    }

    /** @return array<string, mixed> A page of the changes feed: keep nextCursor with what you write. */
    public function events(string $cursor): array
    {
        return $this->call('GET', '/events?cursor=' . rawurlencode($cursor));
    }

    /** @param array<string, mixed>|null $body @return array<string, mixed> */
    private function call(string $method, string $path, ?array $body = null, ?string $key = null): array
    {
        $headers = ["Authorization: Bearer {$this->key}", 'Content-Type: application/json'];
        if ($key !== null) {
            $headers[] = "Idempotency-Key: $key";
        }
        for ($number = 0; ; $number++) {
            $curl = curl_init("{$this->url}/api/v1$path");
            curl_setopt_array($curl, [
                CURLOPT_CUSTOMREQUEST => $method, CURLOPT_HTTPHEADER => $headers, CURLOPT_RETURNTRANSFER => true,
                CURLOPT_TIMEOUT => 30, CURLOPT_FOLLOWLOCATION => false,
            ]);
            if ($body !== null) {
                curl_setopt($curl, CURLOPT_POSTFIELDS, json_encode($body, JSON_THROW_ON_ERROR));
            }
            $text = curl_exec($curl);
            $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
            $answer = is_string($text) ? json_decode($text, true) : null;
            if ($status >= 200 && $status < 300 && is_array($answer)) {
                return $answer;
            }
            $isLater = $status === 0 || $status === 429 || $status >= 500;
            if (!$isLater || $number === self::TRIES - 1) {
                throw new IzinlinkProblem($status, is_array($answer) ? $answer : []);
            }
            sleep(2 ** $number);
        }
    }
}

/** The event of a webhook, or null where the signature is wrong or older than five minutes (Standard Webhooks, HMAC). */
function izinlinkEvent(string $body, array $headers, string $secret): ?array
{
    $id = $headers['webhook-id'] ?? '';
    $at = $headers['webhook-timestamp'] ?? '';
    $key = base64_decode(substr($secret, strlen('whsec_')), true);
    if ($key === false || !ctype_digit($at) || abs(time() - (int) $at) > 300) {
        return null;
    }
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$at.$body", $key, true));
    foreach (explode(' ', $headers['webhook-signature'] ?? '') as $signature) {
        if (hash_equals($expected, $signature)) {
            return json_decode($body, true, 512, JSON_THROW_ON_ERROR);
        }
    }
    return null;
}

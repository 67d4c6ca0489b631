using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Tests.Checkpoints;
using Sam2.Torch.Training.Logging;

namespace Sam2.Torch.Tests.Training.Logging;

public sealed class LogTests
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void The_table_has_a_header_and_the_time_left()
    {
        using var output = new StringWriter();
        using var log = new ConsoleLog(output);
        log.Write(Step(10));
        log.Write(Step(20));
        log.Write(new ValidationRecord(20, [new("j&f", 0.75)], Best: true, 3));
        var lines = output.ToString().Split('\n');
        Assert.That(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "step", "core_loss", "loss_dice", "lr", "gradient", "s/step", "data", "left" }));
        Assert.That(lines[1], Does.Contain("10/100").And.Contain("0.2500").And.EndWith("1:00:05"));
        Assert.That(lines[1].Length, Is.EqualTo(lines[2].Length));
        Assert.That(lines[3], Is.EqualTo("validation at step 20: j&f 0.750  (3 s), the best so far"));
    }

    [Test]
    public void Json_lines_of_steps_that_are_repeated_are_removed()
    {
        var path = _folder["log.jsonl"];
        using (var log = new JsonLinesLog(path, 0))
            for (var step = 10; step <= 40; step += 10)
                log.Write(Step(step));
        File.AppendAllText(path, "{\"kind\":\"step\",\"st"); // killed in the middle of a line
        using (var log = new JsonLinesLog(path, 20))
            log.Write(new ValidationRecord(20, [new("j&f", double.NaN)], Best: false, 3));
        var records = File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(records.Select(r => (r.GetProperty("kind").GetString(), r.GetProperty("step").GetInt64())), Is.EqualTo(new[] { ("step", 10L), ("step", 20L), ("validation", 20L) }));
        Assert.That(records[0].GetProperty("losses").GetProperty("core_loss").GetDouble(), Is.EqualTo(0.25));
        Assert.That(records[2].GetProperty("scores").GetProperty("j&f").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Event_files_are_records_with_checksums_of_events()
    {
        using (var log = new TensorBoardLog(_folder["board"], 7))
        {
            log.Write(Step(10));
            log.Write(new ValidationRecord(300, [new("j&f", 0.75)], Best: true, 3));
        }
        var events = Records(File.ReadAllBytes(Directory.GetFiles(_folder["board"]).Single())).Select(Fields).ToList();
        Assert.That(Encoding.UTF8.GetString(events[0][3]), Is.EqualTo("brain.Event:2"));
        Assert.That(events.Select(e => Varint(e[2])), Is.EqualTo(new ulong[] { 0, 7, 10, 300 }));
        Assert.That(Varint(Fields(events[1][7])[1]), Is.EqualTo(1), "the status of a session that starts");
        var value = Fields(Fields(events[3][5])[1]);
        Assert.That((Encoding.UTF8.GetString(value[1]), BinaryPrimitives.ReadSingleLittleEndian(value[2])), Is.EqualTo(("validation/j&f", 0.75f)));
        Assert.That(BinaryPrimitives.ReadDoubleLittleEndian(events[2][1]), Is.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(600));
    }

    [Test]
    public void The_checksum_is_that_of_TFRecord() =>
        // CRC-32C of "123456789" is 0xE3069283 (RFC 3720's polynomial); the mask is defined in tensorflow/core/lib/hash/crc32c.h.
        Assert.That(TensorBoardLog.MaskedChecksum("123456789"u8), Is.EqualTo(unchecked(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8u)));

    private static StepRecord Step(long step) =>
        new(step, 100, [new("core_loss", 0.25), new("loss_dice", 0.5)], 1e-3, 2, 1, 0.5, 0.1, TimeSpan.FromSeconds(3605));

    private static IEnumerable<byte[]> Records(byte[] file)
    {
        for (var at = 0; at < file.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)), Is.EqualTo(TensorBoardLog.MaskedChecksum(file.AsSpan(at, 8))));
            var data = file.AsSpan(at + 12, length);
            Assert.That(BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)), Is.EqualTo(TensorBoardLog.MaskedChecksum(data)));
            yield return data.ToArray();
            at += 16 + length;
        }
    }

    /// <summary>The bytes of each field of a message; of repeated ones the last.</summary>
    private static Dictionary<int, byte[]> Fields(byte[] message)
    {
        var fields = new Dictionary<int, byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var key = message[at++];
            var start = at;
            var length = (key & 7) switch { 1 => 8, 5 => 4, 0 => VarintLength(message, at), _ => 0 };
            if ((key & 7) == 2)
            {
                length = (int)Varint(message[at..]);
                start = at + VarintLength(message, at);
            }
            fields[key >> 3] = message[start..(start + length)];
            at = start + length;
        }
        return fields;
    }

    private static int VarintLength(byte[] message, int at)
    {
        var length = 1;
        while (message[at + length - 1] >= 0x80)
            length++;
        return length;
    }

    private static ulong Varint(byte[] bytes)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
                break;
        }
        return value;
    }
}

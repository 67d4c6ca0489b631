using System.Buffers.Binary;
using System.Text.Json;
using NUnit.Framework;
using Sam2.Torch.Training.Logging;
using Tensorboard;
using TestSupport;

namespace Sam2.Torch.Training.Tests.Logging;

public sealed class LogTests : FolderTests
{
    [Test]
    public void The_table_has_a_header_and_the_time_left()
    {
        using var output = new StringWriter();
        var log = new ConsoleLog(output);
        log.OnLog(Step(10));
        log.OnLog(Step(20));
        log.OnValidation(new ValidationRecord(20, [new("j&f", 0.75)], Best: true, 3));
        var lines = output.ToString().Split('\n');
        Assert.That(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "step", "core_loss", "loss_dice", "lr", "gradient", "s/step", "data", "left" }));
        Assert.That(lines[1], Does.Contain("10/100").And.Contain("0.2500").And.EndWith("1:00:05"));
        Assert.That(lines[1].Length, Is.EqualTo(lines[2].Length));
        Assert.That(lines[3], Is.EqualTo("validation at step 20: j&f 0.750  (3 s), the best so far"));
    }

    [Test]
    public void Json_lines_of_steps_that_are_repeated_are_removed()
    {
        var path = Folder["log.jsonl"];
        using (var log = new JsonLinesLog(path))
        {
            log.OnStart(0);
            for (var step = 10; step <= 40; step += 10)
                log.OnLog(Step(step));
        }
        File.AppendAllText(path, "{\"kind\":\"step\",\"st"); // killed in the middle of a line
        using (var log = new JsonLinesLog(path))
        {
            log.OnStart(20);
            log.OnValidation(new ValidationRecord(20, [new("j&f", double.NaN)], Best: false, 3));
        }
        var records = File.ReadLines(path).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.That(records.Select(r => (r.GetProperty("kind").GetString(), r.GetProperty("step").GetInt64())), Is.EqualTo(new[] { ("step", 10L), ("step", 20L), ("validation", 20L) }));
        Assert.That(records[0].GetProperty("losses").GetProperty("core_loss").GetDouble(), Is.EqualTo(0.25));
        Assert.That(records[2].GetProperty("scores").GetProperty("j&f").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public void Event_files_are_records_with_checksums_of_events()
    {
        using (var log = new TensorBoardLog(Folder["board"]))
        {
            log.OnStart(7);
            log.OnLog(Step(10));
            log.OnValidation(new ValidationRecord(300, [new("j&f", 0.75)], Best: true, 3));
        }
        var events = Records(File.ReadAllBytes(Directory.GetFiles(Folder["board"]).Single())).Select(Event.Parser.ParseFrom).ToList();
        Assert.That(events[0].FileVersion, Is.EqualTo("brain.Event:2"));
        Assert.That(events.Select(e => e.Step), Is.EqualTo(new long[] { 0, 7, 10, 300 }));
        Assert.That(events[1].SessionLog.Status, Is.EqualTo(SessionLog.Types.SessionStatus.Start));
        Assert.That(events[2].Summary.Value.Select(v => v.Tag), Does.Contain("train/core_loss").And.Contain("train/lr"));
        Assert.That(events[3].Summary.Value.Select(v => (v.Tag, v.SimpleValue)), Is.EqualTo(new[] { ("validation/j&f", 0.75f) }));
        Assert.That(events.Select(e => e.WallTime), Is.All.EqualTo(DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Within(600));
    }

    [Test]
    public void A_record_is_in_the_file_as_soon_as_it_is_written_and_a_resumed_run_has_a_file_of_its_own()
    {
        using var log = new TensorBoardLog(Folder["board"]);
        log.OnStart(0);
        log.OnLog(Step(10));
        var first = Directory.GetFiles(Folder["board"]).Single();
        using (var stream = new FileStream(first, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        {
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            Assert.That(Event.Parser.ParseFrom(Records(bytes).Last()).Step, Is.EqualTo(10));
        }
        using (var resumed = new TensorBoardLog(Folder["board"]))
        {
            resumed.OnStart(10);
            resumed.OnLog(Step(20));
        }
        Assert.That(Directory.GetFiles(Folder["board"]), Has.Length.EqualTo(2).And.Contain(first));
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
}

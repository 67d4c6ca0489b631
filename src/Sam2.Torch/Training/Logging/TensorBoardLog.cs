using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Sam2.Torch.Training.Logging;

/// <summary>
/// Scalars in an event file of TensorBoard: TFRecords (length, checksum, bytes, checksum) of <c>Event</c> messages
/// (tensorflow/core/util/event.proto, framework/summary.proto).
/// </summary>
public sealed class TensorBoardLog : ITrainingLog
{
    // Fields of Event, Summary, Summary.Value and SessionLog.
    private const int WallTime = 1, Step = 2, FileVersion = 3, SummaryField = 5, SessionLog = 7;
    private const int SummaryValue = 1, Tag = 1, SimpleValue = 2;
    private const int Status = 1, StatusStart = 1;

    private readonly FileStream _stream;

    /// <summary>Creates a new event file.</summary>
    /// <param name="directory">The folder that TensorBoard is pointed at.</param>
    /// <param name="step">Steps taken so far. TensorBoard drops what earlier files of the folder say of later steps.</param>
    public TensorBoardLog(string directory, long step)
    {
        Directory.CreateDirectory(directory);
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():0000000000}.{Environment.MachineName}.{Environment.ProcessId}.{step}");
        _stream = new FileStream(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, FileShare.Read);
        Append(Event(0).Text(FileVersion, "brain.Event:2"));
        Append(Event(step).Message(SessionLog, new ProtobufWriter().Int64(Status, StatusStart)));
    }

    /// <inheritdoc/>
    public void Write(StepRecord record)
    {
        var scalars = record.Losses.Select(loss => ($"train/{loss.Key}", loss.Value)).ToList();
        scalars.Add(("train/lr", record.LearningRate));
        scalars.Add(("train/gradient_norm", record.GradientNorm));
        scalars.Add(("time/seconds_per_step", record.SecondsPerStep));
        scalars.Add(("time/data_seconds", record.DataSeconds));
        if (record.LossScale != 1)
            scalars.Add(("train/loss_scale", record.LossScale));
        Append(record.Step, scalars);
    }

    /// <inheritdoc/>
    public void Write(ValidationRecord record) => Append(record.Step, record.Scores.Select(score => ($"validation/{score.Key}", score.Value)));

    /// <summary>Notes are for people.</summary>
    public void Note(string text)
    {
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void Append(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new ProtobufWriter();
        foreach (var (tag, value) in scalars)
            summary.Message(SummaryValue, new ProtobufWriter().Text(Tag, tag).Float(SimpleValue, (float)value));
        Append(Event(step).Message(SummaryField, summary));
    }

    private static ProtobufWriter Event(long step) =>
        new ProtobufWriter().Double(WallTime, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0).Int64(Step, step);

    private void Append(ProtobufWriter message)
    {
        var bytes = message.ToArray();
        Span<byte> header = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], MaskedChecksum(header[..sizeof(ulong)]));
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedChecksum(bytes));
        _stream.Write([.. header, .. bytes, .. footer]);
        _stream.Flush();
    }

    /// <summary>CRC-32C, rotated and offset so that checksums of data that holds checksums are no problem.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        var checksum = uint.MaxValue;
        foreach (var value in data)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xa282ead8u;
    }
}

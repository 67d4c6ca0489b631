using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;

namespace Sam2.Torch.Training.Logging;

/// <summary>
/// Scalars in an event file of TensorBoard: TFRecords (length, checksum, bytes, checksum) of <see cref="Event"/> messages. The
/// message types are TorchSharp's. Its <c>SummaryWriter</c> is not used, because it reopens the file for every scalar, counts steps in
/// 32 bits, writes the time of its first event in another unit than the others, and can't mark where a resumed run continues.
/// </summary>
/// <param name="directory">The folder to open in TensorBoard.</param>
public sealed class TensorBoardLog(string directory) : ITrainerCallback, IDisposable
{
    private FileStream? _stream;

    /// <summary>Creates a new event file.</summary>
    /// <param name="step">Steps taken so far. TensorBoard ignores later steps in earlier files of the folder.</param>
    /// <exception cref="TrainingException">The file can't be written.</exception>
    public void OnStart(long step)
    {
        _stream?.Dispose();
        var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{DateTimeOffset.UtcNow.ToUnixTimeSeconds():0000000000}.{Environment.MachineName}.{Environment.ProcessId}.{step}");
        try
        {
            Directory.CreateDirectory(directory);
            // Unbuffered: closing the file must not fail again with what a full disk refused.
            _stream = new FileStream(Path.Combine(directory, name), FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(e);
        }

        Append(new Event { FileVersion = "brain.Event:2" });
        Append(new Event { Step = step, SessionLog = new SessionLog { Status = SessionLog.Types.SessionStatus.Start } });
    }

    /// <inheritdoc/>
    public void OnLog(StepRecord record)
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
    public void OnValidation(ValidationRecord validation) => Append(validation.Step, validation.Scores.Select(score => ($"validation/{score.Key}", score.Value)));

    /// <inheritdoc/>
    public void Dispose() => _stream?.Dispose();

    private void Append(long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new Summary();
        foreach (var (tag, value) in scalars)
            summary.Value.Add(new Summary.Types.Value { Tag = tag, SimpleValue = (float)value });
        Append(new Event { Step = step, Summary = summary });
    }

    private void Append(Event message)
    {
        var stream = _stream ?? throw new InvalidOperationException($"{directory} is written to before {nameof(OnStart)} has made a file in it.");
        message.WallTime = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        var bytes = message.ToByteArray();
        Span<byte> header = stackalloc byte[sizeof(ulong) + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[sizeof(ulong)..], MaskedChecksum(header[..sizeof(ulong)]));
        Span<byte> footer = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(footer, MaskedChecksum(bytes));
        try
        {
            stream.Write([.. header, .. bytes, .. footer]);
        }
        catch (IOException e)
        {
            throw CannotWrite(e);
        }
    }

    private TrainingException CannotWrite(Exception e) =>
        new($"{directory}: the log for TensorBoard can't be written: {e.Message.TrimEnd('.')}. Check that the folder is writable and has room, or set log.tensorboard: false.", e);

    /// <summary>CRC-32C, rotated and offset as TFRecords want it, since data may hold checksums itself.</summary>
    internal static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        // System.IO.Hashing has no CRC-32C.
        var checksum = uint.MaxValue;
        foreach (var value in data)
            checksum = BitOperations.Crc32C(checksum, value);
        return BitOperations.RotateRight(~checksum, 15) + 0xa282ead8u;
    }
}

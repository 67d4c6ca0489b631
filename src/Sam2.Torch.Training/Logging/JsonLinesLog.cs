using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sam2.Torch.Training.Logging;

/// <summary>One JSON object per line and record, for programs. A resumed run continues the file from the step of its checkpoint.</summary>
/// <param name="path">The file, which is opened when the run starts. Records of steps that are about to be repeated are removed.</param>
public sealed class JsonLinesLog(string path) : ITrainerCallback, IDisposable
{
    // These lines are not for HTML pages, so names such as j&f need no escaping.
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private FileStream? _writer;

    /// <summary>Opens the file.</summary>
    /// <param name="step">Steps taken so far; 0 for a new run.</param>
    /// <exception cref="TrainingException">The file can't be written.</exception>
    public void OnStart(long step)
    {
        _writer?.Dispose();
        if (File.Exists(path))
            KeepUpTo(path, step);
        try
        {
            // Unbuffered: closing the file must not fail again with what a full disk refused.
            _writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CannotWrite(path, e);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingException">The file can't be written.</exception>
    public void OnLog(StepRecord record) => WriteLine("step", record.Step, json =>
    {
        Object(json, "losses", record.Losses);
        Number(json, "lr", record.LearningRate);
        Number(json, "gradient_norm", record.GradientNorm);
        Number(json, "loss_scale", record.LossScale);
        Number(json, "seconds_per_step", record.SecondsPerStep);
        Number(json, "data_seconds", record.DataSeconds);
    });

    /// <inheritdoc/>
    public void OnValidation(ValidationRecord validation) => WriteLine("validation", validation.Step, json =>
    {
        Object(json, "scores", validation.Scores);
        json.WriteBoolean("best", validation.Best);
        Number(json, "seconds", validation.Seconds);
    });

    /// <inheritdoc/>
    public void Dispose() => _writer?.Dispose();

    private void WriteLine(string kind, long step, Action<Utf8JsonWriter> write)
    {
        var writer = _writer ?? throw new InvalidOperationException($"{path} is written to before {nameof(OnStart)} has opened it.");
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteNumber("step", step);
            write(json);
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        try
        {
            writer.Write(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        catch (IOException e)
        {
            throw CannotWrite(path, e);
        }
    }

    private static void Object(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, double>> values)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in values)
            Number(json, key, value);
        json.WriteEndObject();
    }

    /// <summary>JSON has neither infinity nor NaN; they become null.</summary>
    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    /// <summary>A process that was killed may have left half a line and steps beyond its last checkpoint.</summary>
    private static void KeepUpTo(string path, long step)
    {
        var kept = File.ReadLines(path).Where(line => StepOf(line) <= step).ToList();
        AtomicFile.Write(path, stream =>
        {
            using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true);
            foreach (var line in kept)
                writer.WriteLine(line);
        }, e => CannotWrite(path, e));
    }

    private static TrainingException CannotWrite(string path, Exception e) =>
        new($"{path}: can't be written: {e.Message.TrimEnd('.')}. Check that the folder is writable and has room.", e);

    private static long StepOf(string line)
    {
        try
        {
            using var record = JsonDocument.Parse(line);
            return record.RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return long.MaxValue;
        }
    }
}

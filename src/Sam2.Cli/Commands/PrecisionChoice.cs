using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Sam2.Cli.Benchmarking;
using Sam2.Torch;
using Sam2.Torch.Checkpoints;
using Sam2.Torch.Runtime;
using TorchSharp;

namespace Sam2.Cli.Commands;

/// <summary>
/// What <c>--precision auto</c> means on this processor: bf16 if a product of matrices takes clearly less time in it than in fp32, as on
/// processors with AMX or AVX512-BF16; elsewhere bf16 is emulated, and slower. The measurement takes a tenth of a second and is kept in a file.
/// </summary>
/// <param name="Fp32Seconds">A product in fp32.</param>
/// <param name="Bf16Seconds">The same in bf16.</param>
/// <param name="Processor">What was measured.</param>
/// <param name="Remembered">Whether the times are those of an earlier run.</param>
internal sealed record PrecisionChoice(double Fp32Seconds, double Bf16Seconds, string Processor, bool Remembered)
{
    /// <summary>The value of the option.</summary>
    public const string Auto = "auto";

    /// <summary>
    /// bf16 has to win by as much, for only products get faster, and bf16 changes masks slightly.
    /// </summary>
    private const double WorthIt = 0.8;

    private const int Size = 1024, Repeat = 5;

    /// <summary>Where measurements are kept, in the user's cache folder.</summary>
    public static string UserFile => Path.Combine(ModelFiles.CacheFolder, "precision.json");

    /// <summary><c>fp32</c> or <c>bf16</c>.</summary>
    public string Precision => Bf16Seconds < WorthIt * Fp32Seconds ? "bf16" : "fp32";

    /// <summary>The choice and its reason, in a line.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"precision {Precision}: a {Size}x{Size}x{Size} product takes {1000 * Fp32Seconds:0.0} ms in fp32 and {1000 * Bf16Seconds:0.0} ms in bf16 on {Processor}{(Remembered ? ", as measured earlier" : "")}");

    /// <summary>Looks the device's times up in a file, or measures them and adds them to it.</summary>
    /// <param name="device">Where the model will run, on as many threads as are set now.</param>
    /// <param name="file">The file; one that is missing, damaged or can't be written doesn't matter.</param>
    public static PrecisionChoice Make(torch.Device device, string file)
    {
        var processor = $"{(device.type == DeviceType.CPU ? ProcessorName() : device.ToString())}, {torch.get_num_threads()} threads, TorchSharp {typeof(torch).Assembly.GetName().Version}";
        var known = Read(file);
        if (known.TryGetValue(processor, out var times)) return new(times.Fp32, times.Bf16, processor, Remembered: true);
        var measured = Measure(device);
        known[processor] = measured;
        Write(file, known);
        return new(measured.Fp32, measured.Bf16, processor, Remembered: false);
    }

    private static Times Measure(torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        using var inference = torch.inference_mode();
        var (left, right) = (torch.randn(Size, Size, device: device), torch.randn(Size, Size, device: device));
        var (narrowLeft, narrowRight) = (left.to(torch.bfloat16), right.to(torch.bfloat16));
        var fp32 = Best(() => torch.mm(left, right).Dispose());
        // Linear layers use it where it is there.
        if (OneDnn.IsUsable(left, right)) fp32 = Math.Min(fp32, Best(() => OneDnn.Linear(left, right, bias: null).Dispose()));
        return new(fp32, Best(() => torch.mm(narrowLeft, narrowRight).Dispose()));

        double Best(Action product)
        {
            product();
            return Enumerable.Range(0, Repeat).Min(_ => DeviceClock.Seconds(() =>
            {
                product();
                DeviceClock.Wait(device);
            }));
        }
    }

    private static string ProcessorName()
    {
        const string Field = "model name";
        try
        {
            if (File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith(Field, StringComparison.Ordinal)) is { } line)
                return line[(line.IndexOf(':') + 1)..].Trim();
        }
        catch (IOException)
        {
            // Then by what .NET knows.
        }

        return $"{Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.OSDescription} {RuntimeInformation.ProcessArchitecture}";
    }

    private static Dictionary<string, Times> Read(string file)
    {
        try
        {
            var times = JsonSerializer.Deserialize<Dictionary<string, Times>>(File.ReadAllText(file)) ?? [];
            return times.Where(t => t.Value is { Fp32: > 0, Bf16: > 0 }).ToDictionary();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private static void Write(string file, Dictionary<string, Times> known)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            AtomicFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(known))), e => new IOException(e.Message, e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Measured again next time.
        }
    }

    /// <summary>Seconds of a product in both types.</summary>
    internal sealed record Times(double Fp32, double Bf16);
}

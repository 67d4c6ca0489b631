using TorchSharp;

namespace Sam2.Cli.Benchmarking;

/// <summary>
/// The unit <c>sg</c>: one product of two 2048×2048 fp32 matrices by <c>torch.matmul</c>, on the same device and threads.
/// Times divided by it compare between machines.
/// </summary>
public sealed class ReferenceProduct : IDisposable
{
    private const int Size = 2048;

    private readonly torch.Device _device;
    private readonly torch.Tensor _left;
    private readonly torch.Tensor _right;

    /// <summary>Draws the two matrices.</summary>
    /// <param name="device">Where to multiply.</param>
    public ReferenceProduct(torch.Device device)
    {
        _device = device;
        _left = torch.randn(Size, Size, dtype: torch.ScalarType.Float32, device: device);
        _right = torch.randn(Size, Size, dtype: torch.ScalarType.Float32, device: device);
    }

    /// <summary>Multiplies once and waits for the result.</summary>
    public void Run()
    {
        using var product = torch.matmul(_left, _right);
        DeviceClock.Wait(_device);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _left.Dispose();
        _right.Dispose();
    }
}

using Microsoft.Win32.SafeHandles;

namespace TorchSharp.Interop;

/// <summary>A native TorchScript module; copies of one module share their tensors.</summary>
internal sealed class ScriptHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public ScriptHandle(nint module) : base(ownsHandle: true) => SetHandle(module);

    /// <summary>The native module.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public nint Value => IsClosed ? throw new ObjectDisposedException(nameof(torch.jit.ScriptModule)) : handle;

    protected override bool ReleaseHandle()
    {
        Native.tss_script_dispose(handle);
        return true;
    }
}
